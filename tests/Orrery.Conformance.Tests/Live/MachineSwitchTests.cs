using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Guests;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Tests;
using Orrery.Interrupts.Timers;
using Xunit;

namespace Orrery.Conformance.Tests.Live;

/// <summary>Machines that take turns on one CPU and its one timer, on real KVM with the controller in the kernel.</summary>
[Collection(LiveCollection.Name)]
public sealed class MachineSwitchTests(LiveHosts hosts)
{
    private const uint Timer = LiveGuest.VirtualTimer;
    private const ulong Soon = 62_500, Late = 2_000_000_000; // counts: 1 ms, 32 s
    private const ulong Enable = LiveGuest.Enable, Mask = LiveGuest.Mask;

    public static TheoryData<VgicKind> Gics => [VgicKind.GicV2, VgicKind.GicV3];

    private static LiveGuest Arm(LiveGuest guest, ulong counts) =>
        guest.Write(SystemRegisters.CntvTval, counts).Write(SystemRegisters.CntvCtl, Enable);

    /// <summary>A guest whose timer fires, and who counts.</summary>
    private static LiveGuest Ticking(VgicKind gic) => Arm(new LiveGuest(gic).Initialise(Timer), Soon).TakeInterrupts(1).Checkpoint();

    private LiveMachine Start(VgicKind gic, int slot, LiveGuest guest) => new(hosts.For(gic), slot, gic, guest);

    private void AssertTicks(VgicKind gic, int slot)
    {
        using LiveMachine machine = Start(gic, slot, Ticking(gic));
        machine.RunToCheckpoint();
        Assert.Equal([1], machine.Log(1));
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("X01", CheckedBy.Live)]
    [Scenario("X03", CheckedBy.Live)]
    public void A_machine_preempted_in_its_handler_neither_holds_up_another_nor_is_interrupted_twice(VgicKind gic)
    {
        LiveGuest first = new LiveGuest(gic)
        {
            Handler = g => g.Checkpoint(1).Write(SystemRegisters.CntvCtl, Mask),
        };
        Arm(first.Initialise(Timer), Soon).TakeInterrupts(1).Window().Checkpoint();
        using LiveMachine a = Start(gic, 0, first);
        Assert.Equal(1u, a.RunToCheckpoint());
        AssertTicks(gic, 1);
        Assert.Equal(0u, a.RunToCheckpoint());
        Assert.Equal([1, 1], a.Log(2));
        AssertTicks(gic, 1);
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("X02", CheckedBy.Live)]
    public void A_machine_whose_PPI_is_disabled_goes_on_while_its_line_is_high(VgicKind gic)
    {
        LiveGuest first = Arm(new LiveGuest(gic).Initialise(), 0).Window().LogPending(Timer).Checkpoint()
            .EnablePpi(Timer).TakeInterrupts(1).Checkpoint();
        using LiveMachine a = Start(gic, 0, first);
        a.RunToCheckpoint();
        Assert.Equal([0, 1], a.Log(2));
        AssertTicks(gic, 1);
        a.RunToCheckpoint();
        Assert.Equal(1UL, a.Log(3)[2]);
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("X04", CheckedBy.Live)]
    public void A_machine_may_deactivate_on_another_CPU_than_it_acknowledged_on(VgicKind gic)
    {
        LiveGuest first = new LiveGuest(gic) { Handler = g => g.Write(SystemRegisters.CntvCtl, Mask).Checkpoint(1) };
        Arm(first.Initialise(Timer), Soon).TakeInterrupts(1).Checkpoint(2);
        Arm(first, Soon).TakeInterrupts(1).Checkpoint();
        using LiveMachine a = Start(gic, 0, first);
        Assert.Equal(1u, a.RunToCheckpoint());
        a.PinTo(1);
        Assert.Equal(2u, a.RunToCheckpoint());
        AssertTicks(gic, 1);
        a.PinTo(0);
        AssertTicks(gic, 1);
        Assert.Equal(1u, a.RunToCheckpoint());
        Assert.Equal(0u, a.RunToCheckpoint());
        Assert.Equal([1, 2], a.Log(2));
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("X05", CheckedBy.Live)]
    public void An_end_with_the_line_high_fires_again(VgicKind gic)
    {
        LiveGuest guest = Arm(new LiveGuest(gic) { Handler = g => g.LogAcknowledged() }.Initialise(Timer), 0).TakeInterrupts(3).Checkpoint();
        using LiveMachine machine = Start(gic, 0, guest);
        machine.RunToCheckpoint();
        Assert.Equal([Timer, Timer, Timer, 3], machine.Log(4));
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("X06", CheckedBy.Live)]
    public void A_machine_destroyed_in_its_handler_leaves_the_timer_to_the_next(VgicKind gic)
    {
        LiveGuest first = new LiveGuest(gic) { Handler = g => g.Checkpoint(1) };
        Arm(first.Initialise(Timer), Soon).TakeInterrupts(1).Checkpoint();
        using (LiveMachine a = Start(gic, 0, first))
        {
            Assert.Equal(1u, a.RunToCheckpoint());
        }

        AssertTicks(gic, 0);
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("P20", CheckedBy.Live)]
    public void A_timer_that_is_due_between_save_and_restore_fires_once_at_the_destination(VgicKind gic)
    {
        LiveGuest guest = Arm(new LiveGuest(gic).Initialise(Timer), Late).Checkpoint(1).TakeInterrupts(1).Window().Checkpoint();
        using LiveMachine source = Start(gic, 0, guest);
        source.RunToCheckpoint();
        source.SetImmediateExit(); // completes the store that it left by
        source.Run();

        using LiveMachine destination = Start(gic, 1, guest);
        foreach (MigrationWrite write in MigrationPlan.Of(new MachineShape(gic, 1, LiveMachine.IntidCount)))
        {
            source.CopyAttributeTo(destination, write);
        }

        source.CopyVcpuTo(destination);
        destination.SetTimer(KvmTimerRegister.VirtualCount, source.GetTimer(KvmTimerRegister.VirtualCount) + Late);
        destination.RunToCheckpoint();
        Assert.Equal([1, 1], destination.Log(2));
    }
}
