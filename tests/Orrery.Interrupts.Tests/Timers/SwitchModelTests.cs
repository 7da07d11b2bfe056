using Orrery.Interrupts.Exploration;
using Orrery.Interrupts.Timers.Switching;
using Xunit;
using Xunit.Abstractions;

namespace Orrery.Interrupts.Tests.Timers;

/// <summary>The switch of virtual machines, explored to the last state; every mutant with its shortest trace.</summary>
public class SwitchModelTests(ITestOutputHelper output)
{
    private ExplorationResult Explore(SwitchOptions options, params string[] properties)
    {
        ExplorationResult result = Explorer.Explore<SwitchModel, SwitchState>(
            new SwitchModel(options), new ExplorationOptions { Properties = properties.Length == 0 ? null : properties });
        output.WriteLine($"{result.Verdict}: {result.States} states, {result.Transitions} steps, {result.TotalTime.TotalSeconds:F1} s");
        foreach (TraceStep step in result.Counterexample?.Steps ?? [])
        {
            output.WriteLine($"  {step.Actor}: {step.Action} {string.Join(", ", step.Changes.Select(c => $"[{c.Field}: {c.After}]"))}");
        }

        return result;
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [Scenario("X01")]
    [Scenario("X03")]
    [Scenario("X04")]
    [Scenario("X06")]
    [Scenario("X07")]
    public void With_the_active_bit_switched_every_property_holds(int cpus, int vcpus)
    {
        ExplorationResult result = Explore(new SwitchOptions { CpuCount = cpus, VcpuCount = vcpus });
        Assert.Equal(Verdict.Holds, result.Verdict);
    }

    [Fact]
    public void No_mutant_is_left_out() =>
        Assert.Empty(Enum.GetValues<SwitchMutants>().Skip(1).Except(Mutants.Select(row => (SwitchMutants)row[0])));

    /// <summary>The guest that breaks when its hypervisor masks its timer behind its back.</summary>
    [Theory]
    [InlineData(GuestHabit.WritesCompareOnly, SwitchDesign.MaskByHypervisor, Verdict.Violated)]
    [InlineData(GuestHabit.RewritesControl, SwitchDesign.MaskByHypervisor, Verdict.Holds)]
    [InlineData(GuestHabit.WritesCompareOnly, SwitchDesign.ActiveBit, Verdict.Holds)]
    [InlineData(GuestHabit.RewritesControl, SwitchDesign.ActiveBit, Verdict.Holds)]
    [Scenario("T21")]
    public void A_guest_that_never_touches_IMASK_gets_no_further_tick_where_the_hypervisor_sets_it(
        GuestHabit guest, SwitchDesign design, Verdict ticks)
    {
        // Masking works by luck only: for a guest that rewrites the control register before it ends its interrupt.
        var options = new SwitchOptions { Guest = guest, Design = design, MayEndEarly = design == SwitchDesign.ActiveBit };
        Assert.Equal(ticks, Explore(options, "L1A", "L1B").Verdict);
        Verdict ownRegisters = design == SwitchDesign.ActiveBit ? Verdict.Holds : Verdict.Violated;
        Assert.Equal(ownRegisters, Explore(options, "S5").Verdict);
    }

    [Fact]
    [Scenario("X12")]
    public void Without_hardware_deactivation_resampling_at_exits_keeps_every_property()
    {
        ExplorationResult result = Explore(new SwitchOptions { HardwareDeactivation = false });
        Assert.Equal(Verdict.Holds, result.Verdict);
    }

    public static TheoryData<SwitchMutants, string, int> Mutants => new()
    {
        { SwitchMutants.GateOnlyWithRegister, "L4A", 9 },
        { SwitchMutants.LoadNeverClears, "GATE", 6 },
        { SwitchMutants.ClearWhileRegisterActive, "SW4", 7 },
        { SwitchMutants.CachedActive, "SW4", 17 },
        { SwitchMutants.EnableBitGate, "GATE", 6 },
        { SwitchMutants.LateSetActive, "SW4", 12 },
        { SwitchMutants.LateSetActive, "GATE", 7 },
        { SwitchMutants.TrustInterrupt, "SW5", 6 },
        { SwitchMutants.DestroyLeavesActive, "X06", 3 },
        { SwitchMutants.EdgeStyle, "SW5", 6 },
        { SwitchMutants.ControlBeforeCompare, "GATE", 3 },
        { SwitchMutants.EnableWithoutResample, "SW5", 8 },
        { SwitchMutants.LoadIgnoresVirtualActive, "SW4", 9 },
    };

    [Theory]
    [MemberData(nameof(Mutants))]
    public void Each_mutant_violates_its_property_by_a_shortest_trace(SwitchMutants mutant, string property, int steps)
    {
        // The storm of F1 needs one vCPU only; the trace is then nothing but the storm.
        int vcpus = mutant == SwitchMutants.GateOnlyWithRegister ? 1 : 2;
        ExplorationResult result = Explore(new SwitchOptions { VcpuCount = vcpus, Mutants = mutant }, property);
        Assert.Equal(Verdict.Violated, result.Verdict);
        Assert.Equal((property, steps), (result.Counterexample!.Property, result.Counterexample.Steps.Count));
    }
}
