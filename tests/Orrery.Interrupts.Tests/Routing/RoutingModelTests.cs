using Orrery.Interrupts.Exploration;
using Orrery.Interrupts.Routing;
using Orrery.Interrupts.Routing.Protocols;
using Xunit;

namespace Orrery.Interrupts.Tests.Routing;

/// <summary>The explorer and the symmetry of the routing models, against a plain search with the library's own set.</summary>
public class RoutingModelTests
{
    public static TheoryData<int, int, int> Systems => new()
    {
        { 1, 1, 2 }, // machines, vCPUs of each, physical CPUs
        { 2, 1, 1 },
        { 1, 2, 2 },
    };

    [Theory]
    [MemberData(nameof(Systems))]
    public void All_states_are_found_and_with_symmetry_one_of_each_orbit(int machines, int vcpus, int hostCpus)
    {
        RoutingOptions options = RoutingOptions.For(machines, vcpus, hostCpus) with { Repertoire = Repertoire.None };
        var model = new RoutingModel<UserIrq, UInt128>(options);
        HashSet<UInt128> states = Search(model, out long steps);
        var orbits = new HashSet<UInt128>(states.Select(state => model.Canonical(state)));

        var exploration = new ExplorationOptions { Properties = [], UseSymmetry = false };
        ExplorationResult full = RoutingExploration.Explore(RoutingProfile.Upstream, options, exploration);
        ExplorationResult reduced =
            RoutingExploration.Explore(RoutingProfile.Upstream, options, exploration with { UseSymmetry = true });
        Assert.Equal((states.Count, steps), ((int)full.States, full.Transitions));
        Assert.Equal(orbits.Count, reduced.States);
        Assert.All(orbits, orbit => Assert.Equal(orbit, model.Canonical(orbit)));
        Assert.Subset(states, orbits);
    }

    [Fact]
    public void A_state_has_room_for_two_vCPUs_and_no_more()
    {
        Assert.Throws<ArgumentException>(() => RoutingExploration.Explore(RoutingProfile.Upstream, RoutingOptions.For(3)));
        Assert.Throws<ArgumentException>(() => RoutingExploration.Explore(RoutingProfile.Upstream, RoutingOptions.For(0)));
    }

    private static HashSet<UInt128> Search(RoutingModel<UserIrq, UInt128> model, out long stepCount)
    {
        var found = new HashSet<UInt128>(model.InitialStates);
        var waiting = new Queue<UInt128>(found);
        var storage = new Step<UInt128>[model.MaxSuccessors];
        stepCount = 0;
        while (waiting.TryDequeue(out UInt128 state))
        {
            var steps = new StepList<UInt128>(storage);
            model.AddSuccessors(state, ref steps);
            stepCount += steps.Count;
            foreach (Step<UInt128> step in steps.Steps)
            {
                if (found.Add(step.Next))
                {
                    waiting.Enqueue(step.Next);
                }
            }
        }

        return found;
    }
}
