using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Snapshots;
using Orrery.Interrupts.Tests.Gic;
using Orrery.Interrupts.Timers;
using Orrery.Interrupts.Timers.Switching;
using Xunit;

namespace Orrery.Interrupts.Tests.Timers;

/// <summary>Timers and GIC are saved and restored together; what goes wrong where they are not.</summary>
public class TimerMigrationTests
{
    private const uint Ppi = 27;
    private static readonly CounterRate s_rate = new(62_500_000);

    /// <summary>A guest whose timer is due at a count, with its PPI enabled.</summary>
    private static (Machine Machine, VcpuTimers Timers) New(ulong due)
    {
        var timers = new VcpuTimers(new VmCounter(), s_rate);
        timers[TimerKind.Virtual] = new GenericTimer(TimerControl.Enable, due);
        Machine machine = Machine.V3();
        machine.Enable(Ppi);
        return (machine, timers);
    }

    private static Machine Restore(GicSnapshot snapshot)
    {
        SnapshotResult<GicController> result = GicRestore.Restore(snapshot);
        Assert.True(result.Error is null, result.Error?.ToString());
        return Machine.V3().On(result.Value!);
    }

    /// <summary>What a host does after a restore: the input is what the timer says, not what the snapshot says.</summary>
    private static void DriveLine(Machine machine, VcpuTimers timers, ulong count) =>
        machine.Line(Ppi, timers.Output(TimerKind.Virtual, count));

    [Fact]
    [Scenario("P20")]
    public void A_timer_that_is_due_between_save_and_restore_fires_once_at_the_destination()
    {
        (Machine machine, VcpuTimers timers) = New(due: 500);
        DriveLine(machine, timers, 400);
        GicSnapshot snapshot = GicSnapshot.Of(machine.Gic);

        var restored = Restore(snapshot);
        var destination = new VcpuTimers(new VmCounter(), s_rate) { [TimerKind.Virtual] = timers[TimerKind.Virtual] };
        destination.Counter.SetVirtualCount(9_000_000, 600);
        DriveLine(restored, destination, 9_000_000);
        Assert.Equal(Ppi, restored.Acknowledge());
        destination[TimerKind.Virtual] = destination[TimerKind.Virtual].WithControl(0);
        DriveLine(restored, destination, 9_000_100);
        restored.End(Ppi);
        Assert.Equal(Intid.Spurious, restored.Acknowledge());
    }

    /// <summary>
    /// The background timer of a vCPU that does not run fires after the GIC was saved and before the timer is. A
    /// hypervisor that masks the timer when it fires (KVM before commit 1a74847885cc) then saves a masked timer and a GIC
    /// without its interrupt: neither will ever tell.
    /// </summary>
    [Theory]
    [InlineData(SwitchDesign.MaskByHypervisor, true, false)]
    [InlineData(SwitchDesign.MaskByHypervisor, false, true)]
    [InlineData(SwitchDesign.ActiveBit, true, true)]
    [InlineData(SwitchDesign.ActiveBit, false, true)]
    [Scenario("P21")]
    public void A_timer_that_fires_between_saving_the_GIC_and_saving_the_timer_is_lost_where_firing_masks_it(
        SwitchDesign design, bool between, bool isTaken)
    {
        (Machine machine, VcpuTimers timers) = New(due: 500);
        GicSnapshot early = GicSnapshot.Of(machine.Gic);
        if (design == SwitchDesign.MaskByHypervisor)
        {
            machine.SetPending(Ppi);
            timers[TimerKind.Virtual] = timers[TimerKind.Virtual].WithControl((ulong)(TimerControl.Enable | TimerControl.Mask));
        }
        else
        {
            DriveLine(machine, timers, 600);
        }

        Machine restored = Restore(between ? early : GicSnapshot.Of(machine.Gic));
        DriveLine(restored, timers, 600);
        Assert.Equal(isTaken, restored.Acknowledge() == Ppi);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Scenario("P22")]
    public void An_input_that_is_restored_and_not_recomputed_is_an_endless_spurious_interrupt(bool recompute)
    {
        (Machine machine, VcpuTimers timers) = New(due: 500);
        DriveLine(machine, timers, 600);
        Machine restored = Restore(GicSnapshot.Of(machine.Gic));

        // At the destination the counter stands before the deadline: its line is low, and no change will be reported.
        if (recompute)
        {
            DriveLine(restored, timers, 400);
        }

        int taken = 0;
        for (; taken < 100 && restored.Acknowledge() == Ppi; taken++)
        {
            restored.End(Ppi);
        }

        Assert.Equal(recompute ? 0 : 100, taken);
    }
}
