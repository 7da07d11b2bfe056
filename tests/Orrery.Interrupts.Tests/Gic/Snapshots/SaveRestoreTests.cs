using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.Snapshots;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.State;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic.Snapshots;

/// <summary>Saving and restoring changes nothing that anybody can see, except what the form cannot hold.</summary>
public class SaveRestoreTests
{
    private static Machine Restored(Machine machine, GicSnapshot snapshot)
    {
        SnapshotResult<GicController> result = GicRestore.Restore(snapshot, machine.Options);
        Assert.True(result.Error is null, result.Error?.ToString());
        return machine.On(result.Value!);
    }

    /// <summary>A controller after reset, as the destination of a restore is.</summary>
    private static Machine Fresh(VgicKind kind, GicDeviations deviations) => New(kind, deviations).On(kind == VgicKind.GicV2
        ? new GicV2(new GicV2Options { IntidCount = 64, Deviations = deviations })
        : new GicV3(new GicV3Options { IntidCount = 64, Deviations = deviations }));

    private static Machine New(VgicKind kind, GicDeviations deviations) =>
        kind == VgicKind.GicV2 ? Machine.V2(deviations: deviations, intids: 64) : Machine.V3(deviations: deviations, intids: 64);

    [Theory]
    [InlineData(GicDeviations.None)]
    [InlineData(GicDeviations.Kvm)]
    [Scenario("P01")]
    public void A_restored_GICv3_has_the_same_state_and_future(GicDeviations deviations)
    {
        foreach (InterruptCombination interrupt in InterruptCombination.All())
        {
            Machine machine = New(VgicKind.GicV3, deviations);
            interrupt.Reach(machine);
            machine.Gic.LeaveGuest(0);
            Machine restored = Restored(machine, GicSnapshot.Of(machine.Gic));
            Assert.True(((GicV3)machine.Gic).StateEquals((GicV3)restored.Gic), interrupt.ToString());
            Assert.InRange(Futures.Compare(machine, restored, interrupt), 4, 200);
        }
    }

    /// <summary>KVM's form of a GICv2 has no lines: the devices lower them before the save and hold them high again after it.</summary>
    [Theory]
    [InlineData(GicDeviations.None)]
    [InlineData(GicDeviations.Kvm)]
    [Scenario("P01")]
    public void A_restored_GICv2_whose_lines_are_driven_again_has_the_same_state_and_future(GicDeviations deviations)
    {
        foreach (InterruptCombination interrupt in InterruptCombination.All())
        {
            Machine machine = New(VgicKind.GicV2, deviations);
            interrupt.Reach(machine);
            machine.Gic.LeaveGuest(0);
            SnapshotResult<GicController> result = GicRestore.Restore(
                GicSnapshot.WithoutLines((GicV2)machine.Gic), machine.Options, interrupt.Line ? [interrupt.Reference] : []);
            Assert.True(result.Error is null, result.Error?.ToString());
            Machine restored = machine.On(result.Value!);
            Assert.Equal(machine.View(interrupt.Intid), restored.View(interrupt.Intid));
            Assert.InRange(Futures.Compare(machine, restored, interrupt), 4, 200);
        }
    }

    [Fact]
    public void A_line_that_is_none_cannot_be_high_after_a_restore()
    {
        GicSnapshot snapshot = GicSnapshot.Of(New(VgicKind.GicV2, GicDeviations.None).Gic);
        foreach (InterruptRef line in (InterruptRef[])[InterruptRef.OnCpu(5, 0), InterruptRef.Shared(64), InterruptRef.OnCpu(27, 1)])
        {
            SnapshotResult<GicController> result = GicRestore.Restore(snapshot, highLines: [line]);
            Assert.Null(result.Value);
            Assert.Contains("cannot be high", result.Error!.ToString(), StringComparison.Ordinal);
        }
    }

    /// <summary>A GICv2 restored with its lines low, as they are when devices have not driven them yet.</summary>
    [Theory]
    [InlineData(GicDeviations.None)]
    [InlineData(GicDeviations.Kvm)]
    [Scenario("P01")]
    public void A_restored_GICv2_has_the_same_future_where_no_line_is_high(GicDeviations deviations)
    {
        foreach (InterruptCombination interrupt in InterruptCombination.All().Where(i => !i.Line))
        {
            Machine machine = New(VgicKind.GicV2, deviations);
            interrupt.Reach(machine);
            machine.Gic.LeaveGuest(0);
            Machine restored = Restored(machine, GicSnapshot.Of(machine.Gic));
            Assert.InRange(Futures.Compare(machine, restored, interrupt), 4, 200);
        }
    }

    [Fact]
    [Scenario("P07")]
    public void A_GICv2_saved_with_a_high_line_and_restored_to_a_low_one_has_one_spurious_interrupt()
    {
        Machine machine = New(VgicKind.GicV2, GicDeviations.None);
        machine.Configure(40, edge: false);
        machine.Enable(40);
        machine.Line(40, true);
        Machine restored = Restored(machine, GicSnapshot.Of(machine.Gic));
        Assert.False(restored.View(40).Line);
        Assert.Equal(40u, restored.Acknowledge());
        restored.End(40);
        Assert.Equal(Intid.Spurious, restored.Acknowledge());
    }

    /// <summary>
    /// The state after a set of steps must not depend on the order in which they were taken: then every order that the
    /// dependencies allow ends in the same state. So all allowed orders are covered by looking at sets of steps.
    /// </summary>
    [Theory]
    [InlineData(VgicKind.GicV2, GicDeviations.None)]
    [InlineData(VgicKind.GicV3, GicDeviations.None)]
    [InlineData(VgicKind.GicV2, GicDeviations.Kvm)]
    [InlineData(VgicKind.GicV3, GicDeviations.Kvm)]
    [Scenario("P02")]
    public void Every_allowed_order_of_steps_restores_the_same_state(VgicKind kind, GicDeviations deviations)
    {
        foreach (InterruptCombination interrupt in InterruptCombination.All())
        {
            Machine machine = New(kind, deviations);
            interrupt.Reach(machine);
            machine.Gic.LeaveGuest(0);
            GicSnapshot snapshot = GicSnapshot.Of(machine.Gic);
            IReadOnlyList<Machine> outcomes = StepLattice.Explore(snapshot, Fresh(kind, deviations));
            Assert.All(outcomes, outcome => Assert.Equal(machine.Irq(), outcome.Irq()));

            // What KVM put on a vCPU's list and need not be there goes when the vCPU first leaves its guest.
            Assert.All(outcomes, outcome => outcome.Gic.LeaveGuest(0));
            Assert.All(outcomes, outcome => Assert.True(outcome.StateEquals(outcomes[0]), interrupt.ToString()));
            Assert.True(deviations != GicDeviations.None || outcomes.Count == 1, interrupt.ToString());
            Assert.Equal(snapshot.Attributes, GicSnapshot.Of(outcomes[0].Gic).Attributes);
            if (kind == VgicKind.GicV3)
            {
                Assert.True(machine.StateEquals(outcomes[0]), interrupt.ToString());
            }
        }
    }

    [Theory]
    [InlineData(RestoreStep.Configuration, RestoreStep.Pending)]
    [InlineData(RestoreStep.Configuration, RestoreStep.Lines)]
    [InlineData(RestoreStep.DistributorControl, RestoreStep.Pending)]
    [InlineData(RestoreStep.DistributorControl, RestoreStep.Lines)]
    [Scenario("P02")]
    public void Under_KVM_the_outcome_depends_on_the_order_where_a_dependency_is_left_out(RestoreStep before, RestoreStep after)
    {
        Machine machine = Machine.V3(cpus: 2, GicDeviations.Kvm, intids: 64);
        machine.Route(40, 1);
        machine.Configure(40, edge: false);
        machine.Enable(40);
        if (after == RestoreStep.Lines)
        {
            machine.Line(40, true);
        }
        else
        {
            machine.SetPending(40);
        }

        var fresh = new GicV3(new GicV3Options { CpuCount = 2, IntidCount = 64, Deviations = GicDeviations.Kvm });
        GicSnapshot snapshot = GicSnapshot.Of(machine.Gic);
        Assert.All(StepLattice.Explore(snapshot, machine.On(fresh)), outcome => Assert.True(outcome.Irq(1)));
        Assert.Contains(StepLattice.Explore(snapshot, machine.On(fresh), (before, after)), outcome => !outcome.Irq(1));
    }

    [Fact]
    [Scenario("P19")]
    public void A_vCPU_stopped_in_its_handler_ends_it_once_and_the_level_fires_again()
    {
        Machine machine = New(VgicKind.GicV3, GicDeviations.None);
        machine.Enable(Machine.Ppi);
        machine.Line(Machine.Ppi, true);
        Assert.Equal(Machine.Ppi, machine.Acknowledge());
        Machine restored = Restored(machine, GicSnapshot.Of(machine.Gic));
        Assert.False(restored.Irq());
        restored.End(Machine.Ppi);
        Assert.Equal(0u, restored.ActivePriorities());
        Assert.Equal(Machine.Ppi, restored.Acknowledge());
    }

    [Fact]
    public void Several_CPUs_keep_their_own_registers_affinities_and_routes()
    {
        Machine machine = Machine.V3(cpus: 18);
        machine.Route(40, 17);
        machine.Enable(40);
        machine.Line(40, true);
        machine.SetMask(0x50, cpu: 3);
        machine.SendSgi(7, from: 0, 1, 2);
        Machine restored = Restored(machine, GicSnapshot.Of(machine.Gic));
        Assert.True(machine.StateEquals(restored));
        Assert.Equal(40u, restored.Acknowledge(17));
        Assert.Equal(7u, restored.Acknowledge(2));
    }

    [Fact]
    public void Sources_of_pending_SGIs_are_kept_on_a_GICv2()
    {
        Machine machine = Machine.V2(cpus: 3);
        machine.SendSgi(5, from: 2, 0);
        machine.SendSgi(5, from: 1, 0);
        Machine restored = Restored(machine, GicSnapshot.Of(machine.Gic));
        Assert.Equal(5u | 1u << 10, restored.Acknowledge());
        restored.End(5u | 1u << 10);
        Assert.Equal(5u | 2u << 10, restored.Acknowledge());
    }

    [Fact]
    public void BPR1_hidden_by_CBPR_is_lost_as_the_form_cannot_hold_it()
    {
        Machine machine = New(VgicKind.GicV3, GicDeviations.None);
        machine.SetBinaryPoint(6);
        machine.Gic.WriteSystemRegister(0, IccRegister.Control, 1);
        Machine restored = Restored(machine, GicSnapshot.Of(machine.Gic));
        restored.Gic.WriteSystemRegister(0, IccRegister.Control, 0);
        Assert.Equal(3ul, restored.Gic.ReadSystemRegister(0, IccRegister.BinaryPoint1).Value);
    }

    [Fact]
    public void The_largest_GIC_makes_the_round_trip_as_text()
    {
        Machine machine = Machine.V3(cpus: 512, intids: 1024);
        machine.SetPriority(1019, 0x58);
        string text = GicSnapshotJson.Write(GicSnapshot.Of(machine.Gic));
        Assert.True(text.Length < GicSnapshotJson.LengthMax / 2);
        SnapshotResult<GicSnapshot> read = GicSnapshotJson.Read(text);
        Assert.True(read.Error is null, read.Error?.ToString());
        Assert.True(machine.StateEquals(Restored(machine, read.Value!)));
    }
}
