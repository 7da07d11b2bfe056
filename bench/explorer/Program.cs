// How many states per second the explorer visits on one core, on the models of timer routing that orrery irq explore
// checks. The rate is over processor time, so that whatever else the machine does counts less; "all" is the time on the wall
// of everything, the liveness properties included.
// Usage: explorer [safety]    safety: without liveness, so with symmetry and without the graph
using Orrery.Interrupts.Exploration;
using Orrery.Interrupts.Routing;

(string Name, RoutingOptions Options)[] systems =
[
    ("1 vCPU", RoutingOptions.For()),
    ("1 vCPU on 2 CPUs", RoutingOptions.For(hostCpus: 2)),
    ("2 machines on 1 CPU", RoutingOptions.For(machines: 2)),
    ("2 vCPUs on 2 CPUs", RoutingOptions.For(vcpusPerMachine: 2, hostCpus: 2)),
];
string[]? properties = args is ["safety"]
    ? [.. RoutingExploration.Properties.Select(property => property.Id).Where(id => id[0] is 'S' or 'W')]
    : null;
var exploration = new ExplorationOptions { Properties = properties };

// Compiled in tiers: the measured runs are those of the last one.
foreach (RoutingProfile profile in new[] { RoutingProfile.Repaired, RoutingProfile.Upstream })
{
    foreach ((_, RoutingOptions options) in systems)
    {
        RoutingExploration.Explore(profile, options, exploration with { StateLimit = 200_000 });
    }
}

Console.WriteLine($"{"profile",-9} {"system",-20} {"states",11} {"steps",12} {"million/s",10} {"states s",9} {"all s",7} {"MiB",6}");
foreach (RoutingProfile profile in new[] { RoutingProfile.Repaired, RoutingProfile.Upstream })
{
    foreach ((string name, RoutingOptions options) in systems)
    {
        ExplorationResult result = RoutingExploration.Explore(profile, options, exploration);
        double processorSeconds = result.SearchProcessorTime.TotalSeconds;
        Console.WriteLine(
            $"{profile.ToString().ToLowerInvariant(),-9} {name,-20} {result.States,11:N0} {result.Transitions,12:N0} "
            + $"{result.States / processorSeconds / 1e6,10:F2} {result.SearchTime.TotalSeconds,9:F2} "
            + $"{result.TotalTime.TotalSeconds,7:F1} {result.MemoryBytes >> 20,6}"
            + (result.Verdict == Verdict.Holds ? "" : $"  {result.Verdict}"));
    }
}
