using System.CommandLine;
using System.CommandLine.Parsing;
using Orrery.Cli.Reporting;
using Orrery.Interrupts.Exploration;
using Orrery.Interrupts.Routing;

namespace Orrery.Cli.Commands;

/// <summary><c>orrery irq explore</c>: visits every state of a model of timer routing and checks its properties.</summary>
internal static class IrqExploreCommand
{
    private const int Holds = 0;
    private const int Violated = 1;
    private const int Unusable = 2;
    private const int LimitReached = 3;
    private const int CpusMax = RoutingOptions.VcpusMax;
    private const long Mebi = 1 << 20;

    public static Command Create()
    {
        var profile = new Option<RoutingProfile?>("--profile", "-p")
        {
            Description = "literal, repaired, upstream or apple. Default: upstream, or the mutant's.", HelpName = "P",
            CustomParser = ParseProfile,
        };
        var mutant = new Option<string?>("--mutant", "-m") { Description = "Breaks one rule; see --list.", HelpName = "M" };
        var properties = new Option<string[]>("--property")
        {
            Description = "Checks only this; may be given again. Default: all.", HelpName = "X",
        };
        Option<int?> cpus = Count("--cpus", "vCPUs of each machine. Default: 1.");
        Option<int?> machines = Count("--vms", $"Virtual machines. Default: 1; at most {CpusMax} vCPUs in all.");
        Option<int?> hostCpus = Count("--host-cpus", "Physical CPUs that they share. Default: as many as --cpus.");
        var events = new Option<string[]>("--events")
        {
            Description = "What may happen besides the timer's work, by name; see --list. Default: what fits the size.",
            HelpName = "E,...", AllowMultipleArgumentsPerToken = true,
        };
        var edge = new Option<bool>("--edge") { Description = "The controller treats the interrupt as edge-triggered." };
        var eoiMode1 = new Option<bool>("--eoi-mode-1") { Description = "EOIR drops the priority, DIR deactivates." };
        var tickless = new Option<bool>("--tickless") { Description = "No periodic tick interrupts the guest." };
        var noActiveState = new Option<bool>("--no-active-state")
        {
            Description = "The host's controller has no active state; the line is gated by its enable bit.",
        };
        var states = new Option<int>("--states")
        {
            Description = "Ends unfinished after so many states.", HelpName = "LIMIT",
            DefaultValueFactory = _ => new ExplorationOptions().StateLimit,
        };
        var memory = new Option<int>("--memory")
        {
            Description = "Ends unfinished when the tables need more.", HelpName = "MIB",
            DefaultValueFactory = _ => (int)(new ExplorationOptions().MemoryLimitBytes / Mebi),
        };
        var json = new Option<bool>("--json") { Description = "Prints the result as JSON." };
        var list = new Option<bool>("--list") { Description = "Lists profiles, properties, mutants and events, and ends." };
        foreach (Option<int> limit in new[] { states, memory })
        {
            limit.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() < 1)
                {
                    result.AddError($"{limit.Name} is at least 1");
                }
            });
        }

        var command = new Command("explore", "Checks timer routing to user space in every reachable state of a model.")
        {
            profile, mutant, properties, cpus, machines, hostCpus, events, edge, eoiMode1, tickless, noActiveState,
            states, memory, json, list,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(list))
            {
                Console.Out.Write(ExplorationText.List());
                return Holds;
            }

            if (!TryFindMutant(parsed.GetValue(mutant), out RoutingMutant? found, out string problem)
                || !TryCheckProperties(parsed.GetValue(properties), out problem)
                || !TryParseEvents(parsed.GetValue(events), out Repertoire? repertoire, out problem))
            {
                return Refuse(problem);
            }

            RoutingOptions options = SystemOf(
                found, parsed.GetValue(machines), parsed.GetValue(cpus), parsed.GetValue(hostCpus), repertoire);
            if (options.Vcpus > CpusMax || options.HostCpus > CpusMax)
            {
                return Refuse(
                    $"{options.Vcpus} vCPUs on {options.HostCpus} CPUs: at most {CpusMax} of each, "
                    + "for the states of several are the product of those of one");
            }

            var exploration = new ExplorationOptions
            {
                Properties = parsed.GetValue(properties) is { Length: > 0 } selected ? selected : null,
                StateLimit = parsed.GetValue(states),
                MemoryLimitBytes = parsed.GetValue(memory) * Mebi,
                StopAtFirst = false,
            };
            return Explore(
                new ExploredSystem(
                    parsed.GetValue(profile) ?? found?.Profile ?? RoutingProfile.Upstream, found?.Name,
                    options with
                    {
                        IsEdgeTriggered = options.IsEdgeTriggered || parsed.GetValue(edge),
                        HasSeparateDeactivation = options.HasSeparateDeactivation || parsed.GetValue(eoiMode1),
                        HasTick = !parsed.GetValue(tickless),
                        HostHasActiveState = !parsed.GetValue(noActiveState),
                    }),
                exploration, parsed.GetValue(json));
        });
        return command;
    }

    private static Option<int?> Count(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > CpusMax)
            {
                result.AddError($"{name} is 1 or {CpusMax}");
            }
        });
        return option;
    }

    private static RoutingProfile? ParseProfile(ArgumentResult result)
    {
        string name = result.Tokens[0].Value;
        if (Enum.GetNames<RoutingProfile>().Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return Enum.Parse<RoutingProfile>(name, ignoreCase: true);
        }

        result.AddError($"--profile '{name}' is unknown; expected literal, repaired, upstream or apple");
        return null;
    }

    private static bool TryFindMutant(string? name, out RoutingMutant? mutant, out string problem)
    {
        mutant = RoutingMutant.All.FirstOrDefault(candidate => candidate.Name == name);
        problem = $"--mutant '{name}' is unknown; orrery irq explore --list names them";
        return name is null || mutant is not null;
    }

    private static bool TryCheckProperties(string[]? names, out string problem)
    {
        string[] known = [.. RoutingExploration.Properties.Select(property => property.Id)];
        string? unknown = names?.FirstOrDefault(name => !known.Contains(name));
        problem = $"--property '{unknown}' is unknown; expected one of {string.Join(", ", known)}";
        return unknown is null;
    }

    private static bool TryParseEvents(string[]? names, out Repertoire? repertoire, out string problem)
    {
        repertoire = null;
        problem = "";
        foreach (string name in names?.SelectMany(list => list.Split(',')) ?? [])
        {
            if (ExplorationText.Events.FirstOrDefault(known => known.Name == name) is not { Name: not null } found)
            {
                problem = $"--events '{name}' is unknown; orrery irq explore --list names them";
                return false;
            }

            repertoire = (repertoire ?? Repertoire.None) | found.Event;
        }

        return true;
    }

    /// <summary>A mutant brings its own system; what the command line says goes before it.</summary>
    private static RoutingOptions SystemOf(
        RoutingMutant? mutant, int? machines, int? cpus, int? hostCpus, Repertoire? repertoire)
    {
        RoutingOptions options = mutant?.Options ?? new RoutingOptions();
        int machineCount = machines ?? options.Machines;
        int cpuCount = cpus ?? options.VcpusPerMachine;
        int hostCpuCount = hostCpus ?? (cpus is null ? options.HostCpus : cpuCount);
        bool isResized = (machineCount, cpuCount, hostCpuCount)
            != (options.Machines, options.VcpusPerMachine, options.HostCpus);
        Repertoire usual = isResized || mutant is null
            ? RoutingOptions.For(machineCount, cpuCount, hostCpuCount).Repertoire
            : options.Repertoire;
        return options with
        {
            Machines = machineCount,
            VcpusPerMachine = cpuCount,
            HostCpus = hostCpuCount,
            Repertoire = repertoire ?? usual,
        };
    }

    private static int Explore(ExploredSystem system, ExplorationOptions exploration, bool json)
    {
        ExplorationResult result;
        using (var progress = new CountLine("states"))
        {
            result = RoutingExploration.Explore(
                system.Profile, system.Options, exploration with { OnProgress = progress.Show });
        }

        if (json)
        {
            ExplorationJson.Write(Console.Out, system, result);
        }
        else
        {
            Console.Out.Write(ExplorationText.Of(system, exploration, result));
            Console.Error.WriteLine($"orrery: {ExplorationText.Effort(result)}");
        }

        return result.Verdict switch
        {
            Verdict.Holds => Holds,
            Verdict.Violated => Violated,
            _ => LimitReached,
        };
    }

    private static int Refuse(string problem)
    {
        Console.Error.WriteLine($"orrery: {problem}");
        return Unusable;
    }
}
