using Orrery.Interrupts.Exploration;
using Orrery.Interrupts.Routing;
using Orrery.Interrupts.Routing.Protocols;
using Xunit;
using static Orrery.Interrupts.Routing.RoutingAction;

namespace Orrery.Interrupts.Tests.Routing;

/// <summary>The catalogue's scenarios of Apple's mask.</summary>
public class AppleScenarioTests
{
    private readonly RoutingBench<AppleMask> _bench = new();

    [Fact]
    [Scenario("R40")]
    public void The_rise_is_an_exit_that_masks_and_there_is_no_second_one()
    {
        _bench.Do(MaskIrqs, Expire, Interrupt, Refuse, Return);
        Assert.Equal(new SharedWord(Level: true, Mask: true), _bench.Vcpu().Word);
        _bench.ToGuest();
        for (int tick = 0; tick < 10; tick++)
        {
            _bench.Do(Compute, Tick).ToGuest();
        }

        Assert.Equal((1, true), (_bench.ForcedExits, _bench.Vcpu().Word.Mask));
    }

    [Fact]
    [Scenario("R41")]
    public void The_fall_is_read_from_the_timer_at_the_next_exit_and_unmasks()
    {
        _bench.FireAndAcknowledge().Do(MaskTimer, WriteEoir).ToGuest();
        Assert.True(_bench.Vcpu() is { Input: false, Pin: false, Word.Mask: false });
        _bench.Do(SetDeadlineAhead, UnmaskTimer).FireAndAcknowledge();
        Assert.Equal((2, GuestPhase.Handler), (_bench.ForcedExits, _bench.Vcpu().Phase));
    }

    [Fact]
    [Scenario("R42")]
    public void Unmasking_at_every_access_forces_an_exit_for_each()
    {
        RoutingMutant mutant = RoutingMutant.All.Single(m => m.Name == "unmask-at-access");
        ExplorationResult result = RoutingExploration.Explore(
            mutant.Profile, mutant.Options, new ExplorationOptions { Properties = ["L3"] });
        Assert.Equal("L3", result.Counterexample!.Property);
        Assert.Equal(2, result.Counterexample.Steps.Count(step => step.Action.StartsWith("refuses", StringComparison.Ordinal)));
    }
}
