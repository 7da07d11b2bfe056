using Orrery.Interrupts.Exploration;
using Orrery.Interrupts.Routing;
using Xunit;

namespace Orrery.Interrupts.Tests.Routing;

/// <summary>What holds, and what does not, under each protocol; every reachable state is visited.</summary>
public class ProfileTests
{
    [Theory]
    [InlineData(RoutingProfile.Repaired)]
    [InlineData(RoutingProfile.Upstream)]
    [InlineData(RoutingProfile.Apple)]
    public void One_vCPU_with_everything_that_can_happen(RoutingProfile profile) =>
        AssertHolds(profile, RoutingOptions.For());

    [Theory]
    [InlineData(RoutingProfile.Repaired, false)]
    [InlineData(RoutingProfile.Upstream, false)]
    [InlineData(RoutingProfile.Apple, false)]
    [InlineData(RoutingProfile.Repaired, true)]
    [InlineData(RoutingProfile.Upstream, true)]
    [InlineData(RoutingProfile.Apple, true)]
    public void One_vCPU_whose_controller_deactivates_apart_or_by_edge(RoutingProfile profile, bool isEdgeTriggered) =>
        AssertHolds(
            profile, RoutingOptions.For() with { HasSeparateDeactivation = !isEdgeTriggered, IsEdgeTriggered = isEdgeTriggered });

    [Fact]
    public void One_vCPU_with_two_timers_in_the_word() =>
        AssertHolds(RoutingProfile.Upstream, RoutingOptions.For() with { Repertoire = Repertoire.All | Repertoire.PhysicalTimer });

    [Theory]
    [InlineData(RoutingProfile.Repaired)]
    [InlineData(RoutingProfile.Upstream)]
    public void One_vCPU_that_moves_between_two_CPUs(RoutingProfile profile) =>
        AssertHolds(profile, RoutingOptions.For(hostCpus: 2));

    [Theory]
    [InlineData(RoutingProfile.Repaired)]
    [InlineData(RoutingProfile.Upstream)]
    [InlineData(RoutingProfile.Apple)]
    public void A_host_without_active_state_gates_by_the_enable_bit_as_well(RoutingProfile profile) =>
        AssertHolds(profile, RoutingOptions.For() with { HostHasActiveState = false });

    [Fact]
    public void Two_machines_one_with_its_controller_in_the_kernel() =>
        AssertHolds(RoutingProfile.Upstream, RoutingOptions.For(machines: 2) with
        {
            LastMachineHasKernelController = true, Repertoire = Repertoire.TimerMask | Repertoire.Wait | Repertoire.Signals,
        });

    [Theory]
    [InlineData(RoutingProfile.Repaired)]
    [InlineData(RoutingProfile.Upstream)]
    [InlineData(RoutingProfile.Apple)]
    public void Without_a_tick_only_a_fall_may_go_unnoticed_for_ever(RoutingProfile profile)
    {
        ExplorationResult result = RoutingExploration.Explore(
            profile, RoutingOptions.For() with { HasTick = false }, new ExplorationOptions { StopAtFirst = false });
        Assert.Equal(["L2"], result.Counterexamples.Select(found => found.Property));
    }

    [Fact]
    public void The_literal_rules_livelock_in_twelve_steps()
    {
        Counterexample livelock = RoutingExploration.Explore(
            RoutingProfile.Literal, RoutingOptions.For(), new ExplorationOptions { Properties = ["L4"] }).Counterexample!;
        Assert.Equal(("L4", 12, 6), (livelock.Property, livelock.Steps.Count, livelock.CycleStart));
        Assert.True(livelock.IsShortest);
        Assert.Single(livelock.Steps, step => step.Action.Contains("ISPENDR", StringComparison.Ordinal));
        Assert.DoesNotContain(livelock.Steps.Skip(livelock.CycleStart!.Value), step => step.Actor == "guest");
    }

    [Fact]
    [Scenario("R16")]
    public void Without_software_pending_the_literal_rules_do_not_livelock() =>
        Assert.Equal(Verdict.Holds, RoutingExploration.Explore(
            RoutingProfile.Literal,
            RoutingOptions.For() with { Repertoire = Repertoire.All & ~(Repertoire.SoftwarePending | Repertoire.SaveRestore) }).Verdict);

    [Fact]
    [Scenario("R15")]
    public void An_edge_triggered_timer_livelocks_the_literal_rules_once_acknowledged()
    {
        RoutingOptions options = RoutingOptions.For() with { IsEdgeTriggered = true, Repertoire = Repertoire.Signals };
        Counterexample livelock = RoutingExploration.Explore(
            RoutingProfile.Literal, options, new ExplorationOptions { Properties = ["L4"] }).Counterexample!;
        Assert.Contains(livelock.Steps.Take(livelock.CycleStart!.Value), step => step.Action == "reads IAR");
        AssertHolds(RoutingProfile.Repaired, options);
        AssertHolds(RoutingProfile.Upstream, options);
    }

    internal static void AssertHolds(RoutingProfile profile, RoutingOptions options)
    {
        ExplorationResult result = RoutingExploration.Explore(profile, options);
        Assert.True(
            result.Verdict == Verdict.Holds,
            result.Counterexample is { } found ? $"{found.Property}: {found.Claim}\n{TraceText.Render(found)}" : $"{result.Verdict}");
        Assert.Equal(
            RoutingExploration.Properties.Select(property => property.Id).Order(), result.Checked.Order());
    }
}
