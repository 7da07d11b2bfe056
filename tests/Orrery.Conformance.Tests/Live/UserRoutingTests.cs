using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Linting;
using Orrery.Interrupts.Tests;
using Orrery.Interrupts.Timers;
using Xunit;

namespace Orrery.Conformance.Tests.Live;

/// <summary>
/// Timer routing to user space on real KVM: the kernel's side is KVM itself, the user's side a monitor with Orrery's GICv2.
/// Nothing here depends on how long anything takes: a guest waits for what it waits for.
/// </summary>
[Collection(LiveCollection.Name)]
public sealed class UserRoutingTests(LiveHosts hosts)
{
    private const uint Timer = LiveGuest.VirtualTimer, Spi = 40, Spurious = 1023;
    private const ulong Soon = 100_000, Late = 2_000_000_000; // counts: 1.6 ms, 32 s

    // The emulator of the host wraps a deadline near 2^64 and stands still.
    private const ulong FarAway = 1UL << 56;
    private const ulong Enable = LiveGuest.Enable, Mask = LiveGuest.Mask, Status = LiveGuest.Status;

    private static LiveGuest NewGuest(int vcpu = 0) => new(VgicKind.GicV2, vcpu) { Handler = guest => guest.LogAcknowledged() };

    private static LiveGuest Arm(LiveGuest guest, ulong counts = Soon) =>
        guest.Write(SystemRegisters.CntvTval, counts).Write(SystemRegisters.CntvCtl, Enable);

    private UserGicMachine Start(params LiveGuest[] guests) => new(hosts.For(VgicKind.GicV3), 0, guests);

    [Fact]
    [Scenario("R01", CheckedBy.Live)]
    public void An_expiry_in_the_guest_forces_an_exit_and_is_acknowledged()
    {
        LiveGuest guest = new(VgicKind.GicV2) { Handler = g => g.LogAcknowledged().Write(SystemRegisters.CntvCtl, Mask) };
        Arm(guest.Initialise(Timer)).TakeInterrupts(1).Checkpoint();
        using UserGicMachine machine = Start(guest);

        machine.RunTo(RunEnd.Forced);
        Assert.Equal((1UL, true, false), (machine.Word(), machine.Input(), machine.Pin()));
        Assert.Equal(RunEnd.Access, machine.Run());
        Assert.True(machine.Pin());
        machine.RunToCheckpoint();
        Assert.Equal([Timer, 1], machine.Machine.Log(2));
    }

    /// <summary>What the kernel's own events say of many ticks, checked by the rules that <c>orrery irq replay</c> checks a user's by.</summary>
    [Fact]
    public void The_events_of_many_ticks_keep_the_rules_of_routing()
    {
        LiveGuest guest = new(VgicKind.GicV2) { Handler = g => g.Write(SystemRegisters.CntvTval, Soon) };
        Arm(guest.Initialise(Timer)).TakeInterrupts(10).Write(SystemRegisters.CntvCtl, 0).Checkpoint();
        using UserGicMachine machine = Start(guest);

        machine.Machine.StartTrace();
        machine.RunToCheckpoint();
        string trace = machine.Machine.StopTrace();

        Assert.True(FtraceReplay.TryReplay(trace, out IReadOnlyList<LintFinding> findings, out string problem), problem);
        Assert.Empty(findings);
        Assert.Contains("IRQ 27, level 1", trace, StringComparison.Ordinal);
    }

    [Fact]
    [Scenario("R02", CheckedBy.Live)]
    public void The_exit_for_EOIR_carries_the_fall_by_IMASK()
    {
        LiveGuest guest = new(VgicKind.GicV2) { Handler = g => g.Write(SystemRegisters.CntvCtl, Enable | Mask) };
        Arm(guest.Initialise(Timer)).TakeInterrupts(1).Checkpoint();
        using UserGicMachine machine = Start(guest);

        machine.RunTo(RunEnd.Forced);
        Assert.Equal(RunEnd.Access, machine.Run()); // IAR
        Assert.True(machine.Input());
        Assert.Equal(RunEnd.Access, machine.Run()); // EOIR
        Assert.Equal((0UL, false), (machine.Word(), machine.Input()));
        Assert.Equal(RunEnd.Checkpoint, machine.Run());
        Assert.False(machine.Pin());
        Assert.Equal(1, machine.Forced);
    }

    [Fact]
    [Scenario("R03", CheckedBy.Live)]
    public void A_new_deadline_lowers_the_word_and_forces_an_exit_when_it_is_reached()
    {
        LiveGuest guest = new(VgicKind.GicV2) { Handler = g => g.Write(SystemRegisters.CntvTval, Late) };
        Arm(guest.Initialise(Timer)).TakeInterrupts(1).TakeInterrupts(1).Checkpoint();
        using UserGicMachine machine = Start(guest);

        for (int tick = 1; tick <= 2; tick++)
        {
            machine.RunTo(RunEnd.Forced);
            Assert.Equal((1UL, tick), (machine.Word(), machine.Forced));
            Assert.Equal(RunEnd.Access, machine.Run()); // IAR
            Assert.Equal(RunEnd.Access, machine.Run()); // EOIR
            Assert.Equal(0UL, machine.Word());
            machine.Machine.SetTimer(KvmTimerRegister.VirtualCompareValue, 0); // nobody waits for the deadline
        }
    }

    [Fact]
    [Scenario("R04", CheckedBy.Live)]
    public void A_line_still_high_at_EOIR_pends_again_without_a_forced_exit()
    {
        LiveGuest guest = NewGuest();
        Arm(guest.Initialise(Timer)).TakeInterrupts(2).Checkpoint();
        using UserGicMachine machine = Start(guest);

        Assert.Equal(1, machine.RunToCheckpoint());
        Assert.Equal(1UL, machine.Word());
        Assert.Equal([Timer, Timer], machine.Machine.Log(2));
    }

    [Fact]
    [Scenario("R05", CheckedBy.Live)]
    [Scenario("R33", CheckedBy.Live)]
    public void A_user_that_ignores_the_word_is_told_once_and_the_guest_waits_for_an_interrupt_that_is_lost()
    {
        LiveGuest guest = NewGuest();
        Arm(guest.Initialise(Timer)).TakeInterrupts(1).Checkpoint();
        using UserGicMachine machine = Start(guest);
        machine.IgnoresWord = true;

        machine.RunTo(RunEnd.Forced);
        Assert.Equal(RunEnd.Alarm, machine.Run(limitMilliseconds: 300));
        Assert.Equal((1UL, 1), (machine.Word(), machine.Forced));
        Assert.Equal([0], machine.Machine.Log(1));
    }

    [Fact]
    [Scenario("R06", CheckedBy.Live)]
    public void A_fall_without_an_access_is_told_at_the_next_tick()
    {
        LiveGuest guest = Arm(NewGuest(), 0).AwaitStatus(SystemRegisters.CntvCtl).Write(SystemRegisters.CntvCtl, Enable | Mask).Hang();
        using UserGicMachine machine = Start(guest);

        Assert.Equal(RunEnd.Forced, machine.Run());
        Assert.Equal(1UL, machine.Word());
        Assert.Equal(RunEnd.Forced, machine.Run());
        Assert.Equal(0UL, machine.Word());
    }

    [Fact]
    [Scenario("R08", CheckedBy.Live)]
    [Scenario("R09", CheckedBy.Live)]
    public void A_word_that_user_space_wrote_wrongly_is_put_right_at_once()
    {
        LiveGuest guest = Arm(NewGuest(), 0).Checkpoint(1).Write(SystemRegisters.CntvCtl, Mask).Checkpoint(2).Checkpoint(3);
        using UserGicMachine machine = Start(guest);
        machine.RunToCheckpoint();
        Assert.Equal(1UL, machine.Word());

        machine.Machine.WriteWord(0);
        Assert.Equal(RunEnd.Forced, machine.Run());
        Assert.Equal(1UL, machine.Word());

        machine.RunToCheckpoint();
        Assert.Equal(0UL, machine.Word());
        machine.Machine.WriteWord(1);
        Assert.Equal(RunEnd.Forced, machine.Run());
        Assert.Equal(0UL, machine.Word());
        Assert.Equal(RunEnd.Checkpoint, machine.Run());
    }

    [Fact]
    [Scenario("R10", CheckedBy.Live)]
    public void An_immediate_exit_tells_nothing_and_the_next_run_does()
    {
        LiveGuest guest = Arm(NewGuest(), 50 * Soon).Checkpoint().Hang();
        using UserGicMachine machine = Start(guest);
        Assert.Equal(RunEnd.Checkpoint, machine.Run());
        Assert.Equal(0UL, machine.Word());
        AwaitStatus(machine.Machine);

        machine.Machine.SetImmediateExit();
        RunAnswer refused = machine.Machine.Run();
        Assert.Equal((LiveMachine.Interrupted, 0UL), (refused.Status, refused.DeviceIrqLevel));
        Assert.Equal(Enable | Status, machine.Machine.GetTimer(KvmTimerRegister.VirtualControl));
        Assert.Equal(RunEnd.Forced, machine.Run());
        Assert.Equal(1UL, machine.Word());
    }

    [Fact]
    [Scenario("R11", CheckedBy.Live)]
    public void A_waiting_guest_is_woken_by_its_timer_and_WFI_is_no_exit()
    {
        LiveGuest guest = Arm(NewGuest()).WaitForInterrupt().Hang();
        using UserGicMachine machine = Start(guest);
        Assert.Equal(RunEnd.Forced, machine.Run());
        Assert.Equal(1UL, machine.Word());
    }

    [Fact]
    [Scenario("R12", CheckedBy.Live)]
    public void A_waiting_guest_with_a_masked_timer_sleeps_on()
    {
        LiveGuest guest = NewGuest()
            .Write(SystemRegisters.CntvTval, Soon).Write(SystemRegisters.CntvCtl, Enable | Mask).WaitForInterrupt().Checkpoint();
        using UserGicMachine machine = Start(guest);
        Assert.Equal(RunEnd.Alarm, machine.Run(limitMilliseconds: 300));
        Assert.Equal(0UL, machine.Word());
        Assert.Equal(Enable | Mask | Status, machine.Machine.GetTimer(KvmTimerRegister.VirtualControl));
    }

    [Fact]
    [Scenario("R13", CheckedBy.Live)]
    [Scenario("R14", CheckedBy.Live)]
    public void A_disabled_interrupt_costs_one_forced_exit_and_is_signalled_by_the_access_that_enables_it()
    {
        LiveGuest guest = Arm(NewGuest().Initialise(), 0).Window().Checkpoint().EnablePpi(Timer).TakeInterrupts(1).Checkpoint();
        using UserGicMachine machine = Start(guest);

        Assert.Equal(1, machine.RunToCheckpoint());
        Assert.Equal((true, false), (machine.Input(), machine.Pin()));
        Assert.Equal(0, machine.RunToCheckpoint());
        Assert.Equal([0, Timer, 1], machine.Machine.Log(3));
    }

    [Fact]
    [Scenario("R16", CheckedBy.Live)]
    [Scenario("R17", CheckedBy.Live)]
    public void A_software_latch_is_acknowledged_once_unless_retired()
    {
        LiveGuest guest = NewGuest().Initialise(Timer)
            .SetPending(Timer).Acknowledge().EndOfInterrupt(Timer).Acknowledge()
            .SetPending(Timer).ClearPending(Timer).Acknowledge().Checkpoint();
        using UserGicMachine machine = Start(guest);

        Assert.Equal(0, machine.RunToCheckpoint());
        Assert.Equal([Timer, Spurious, Spurious], machine.Machine.Log(3));
    }

    [Fact]
    [Scenario("R18", CheckedBy.Live)]
    public void ICPENDR_does_not_retire_a_high_line()
    {
        LiveGuest guest = Arm(NewGuest().Initialise(Timer), 0).Spin().ClearPending(Timer).LogPending(Timer).Acknowledge().Checkpoint();
        using UserGicMachine machine = Start(guest);
        machine.RunToCheckpoint();
        Assert.Equal([1, Timer], machine.Machine.Log(2));
    }

    [Fact]
    [Scenario("R19", CheckedBy.Live)]
    public void A_line_that_falls_between_signal_and_IAR_leaves_1023_and_nothing_active()
    {
        LiveGuest guest = Arm(NewGuest().Initialise(Timer), 0).Checkpoint()
            .Write(SystemRegisters.CntvCtl, Mask).Acknowledge().Checkpoint();
        using UserGicMachine machine = Start(guest);
        machine.RunToCheckpoint();
        Assert.Equal(RunEnd.Access, machine.Run());
        Assert.Equal((true, 0UL), (machine.Pin(), machine.Word()));
        machine.RunToCheckpoint();
        Assert.Equal([Spurious], machine.Machine.Log(1));
    }

    [Fact]
    [Scenario("R20", CheckedBy.Live)]
    public void A_line_that_falls_after_the_word_was_read_is_still_acknowledged()
    {
        LiveGuest guest = Arm(NewGuest().Initialise(Timer), 0).Spin()
            .Acknowledge().Log(SystemRegisters.CntvCtl).EndOfInterrupt(Timer).Acknowledge().Checkpoint();
        using UserGicMachine machine = Start(guest);
        machine.RunTo(RunEnd.Forced);
        Assert.Equal(RunEnd.Access, machine.Run()); // IAR: served with the line high
        machine.Machine.SetTimer(KvmTimerRegister.VirtualCompareValue, FarAway);
        machine.RunToCheckpoint();
        Assert.Equal([Timer, Enable, Spurious], machine.Machine.Log(3));
        Assert.False(machine.Input());
    }

    [Fact]
    [Scenario("R23", CheckedBy.Live)]
    public void A_priority_that_is_opened_later_raises_the_pin_without_the_kernel()
    {
        LiveGuest guest = Arm(NewGuest().Initialise(Timer).Store(GicFrame.CpuInterface, GiccOffsets.PriorityMask, 0), 0)
            .Spin().Checkpoint().Store(GicFrame.CpuInterface, GiccOffsets.PriorityMask, 0xF8).TakeInterrupts(1).Checkpoint();
        using UserGicMachine machine = Start(guest);
        Assert.Equal(1, machine.RunToCheckpoint());
        Assert.Equal((true, false), (machine.Input(), machine.Pin()));
        Assert.Equal(0, machine.RunToCheckpoint());
        Assert.Equal(Timer, machine.Machine.Log(1)[0]);
    }

    [Fact]
    [Scenario("R24", CheckedBy.Live)]
    public void A_more_urgent_SPI_preempts_the_timer_which_is_not_delivered_twice()
    {
        const uint priorities = 0x400;
        LiveGuest guest = Arm(NewGuest().Initialise(Timer), 0)
            .Store(GicFrame.Distributor, priorities + (Timer & ~3u), 0x80_00_00_00)
            .Store(GicFrame.Distributor, priorities + Spi, 0x40)
            .Store(GicFrame.Distributor, 0x800 + Spi, 1)
            .Store(GicFrame.Distributor, 0x104, 1u << (int)(Spi - 32))
            .Spin().Acknowledge().Acknowledge().Checkpoint()
            .Acknowledge().EndOfInterrupt(Spi).Acknowledge().EndOfInterrupt(Timer).Acknowledge().Checkpoint();
        using UserGicMachine machine = Start(guest);
        machine.RunToCheckpoint();
        machine.Gic.SetLine(Spi, 0, true);
        machine.Gic.SetLine(Spi, 0, false);
        machine.RunToCheckpoint();
        Assert.Equal([Timer, Spurious, Spi, Spurious, Timer], machine.Machine.Log(5));
    }

    [Fact]
    [Scenario("R25", CheckedBy.Live)]
    public void With_EOImode_1_the_interrupt_stays_active_until_DIR()
    {
        LiveGuest guest = Arm(NewGuest().Initialise(Timer).Store(GicFrame.CpuInterface, GiccOffsets.Control, 1 | 1 << 9), 0)
            .Spin().Acknowledge().EndOfInterrupt(Timer).Acknowledge().Deactivate(Timer).Acknowledge().Checkpoint();
        using UserGicMachine machine = Start(guest);
        machine.RunToCheckpoint();
        Assert.Equal([Timer, Spurious, Timer], machine.Machine.Log(3));
    }

    [Fact]
    [Scenario("R26", CheckedBy.Live)]
    [Scenario("R28", CheckedBy.Live)]
    [Scenario("R29", CheckedBy.Live)]
    public void Without_a_GIC_in_the_kernel_only_inputs_of_CPUs_can_be_driven_and_PPIs_not_be_chosen()
    {
        const int vcpuTarget = AgentProtocol.VcpuTarget;
        const uint timerGroup = 1;
        using UserGicMachine machine = Start(NewGuest().Checkpoint());
        foreach (KvmIrqLine line in (KvmIrqLine[])
            [new(KvmIrqType.Spi, 0, 40), new(KvmIrqType.Ppi, 0, 27), new(KvmIrqType.Cpu, 0, 2), new(KvmIrqType.Cpu, 1, 0), new((KvmIrqType)3, 0, 0)])
        {
            Assert.Equal((line, (int)line.CheckWithoutGic(1)), (line, machine.Machine.Line(line, true)));
        }

        Assert.Equal((int)KvmErrno.Invalid, machine.Machine.SetAttribute(vcpuTarget, timerGroup, 0, 20, sizeof(int)));
        Assert.Equal(27UL, machine.Machine.GetAttribute(vcpuTarget, timerGroup, 0, sizeof(int)).DataAsNumber);
    }

    /// <summary>With a GICv3 the host has VHE and both timers are hardware; with a GICv2 it has none, and the physical timer is emulated.</summary>
    [Theory]
    [InlineData(VgicKind.GicV3)]
    [InlineData(VgicKind.GicV2)]
    [Scenario("R31", CheckedBy.Live)]
    public void The_physical_timer_has_a_bit_of_its_own(VgicKind host)
    {
        LiveGuest guest = NewGuest().Write(SystemRegisters.CntpTval, Soon).Write(SystemRegisters.CntpCtl, Enable).Hang();
        using UserGicMachine machine = new(hosts.For(host), 0, guest);
        Assert.Equal(RunEnd.Forced, machine.Run());
        Assert.Equal(2UL, machine.Word());
    }

    [Fact]
    [Scenario("R32", CheckedBy.Live)]
    public void Both_timers_together_cost_one_exit()
    {
        LiveGuest guest = Arm(NewGuest(), 50 * Soon)
            .Write(SystemRegisters.CntpTval, Soon).Write(SystemRegisters.CntpCtl, Enable | Mask).Checkpoint()
            .Write(SystemRegisters.CntpCtl, Enable).Checkpoint().Spin().Checkpoint();
        using UserGicMachine machine = Start(guest);
        Assert.Equal(RunEnd.Checkpoint, machine.Run());
        AwaitStatus(machine.Machine);
        machine.Machine.SetTimer(KvmTimerRegister.PhysicalControl, Enable);
        Assert.Equal(RunEnd.Forced, machine.Run());
        Assert.Equal(3UL, machine.Word());
        Assert.Equal(0, machine.RunToCheckpoint());
    }

    [Fact]
    [Scenario("R34", CheckedBy.Live)]
    public void Only_the_vCPU_whose_timer_fires_is_told()
    {
        using UserGicMachine machine = Start(Arm(NewGuest(), 0).Hang(), NewGuest(1).Spin().Checkpoint());
        Assert.Equal(RunEnd.Forced, machine.Run(0));
        Assert.Equal(RunEnd.Checkpoint, machine.Run(1));
        Assert.Equal((1UL, 0UL), (machine.Word(0), machine.Word(1)));
    }

    [Fact]
    [Scenario("R35", CheckedBy.Live)]
    public void A_vCPU_that_moves_is_not_told_twice()
    {
        LiveGuest guest = Arm(NewGuest(), 0).Checkpoint().Spin().Checkpoint().Spin().Checkpoint();
        using UserGicMachine machine = Start(guest);
        machine.RunToCheckpoint();
        machine.Machine.PinTo(1);
        Assert.Equal(0, machine.RunToCheckpoint());
        machine.Machine.PinTo(0);
        Assert.Equal(0, machine.RunToCheckpoint());
        Assert.Equal(1UL, machine.Word());
    }

    [Fact]
    [Scenario("R36", CheckedBy.Live)]
    public void Two_machines_on_a_CPU_have_each_their_gate()
    {
        LiveGuest first = Arm(NewGuest(), 0).Checkpoint().Spin().Checkpoint();
        using UserGicMachine a = Start(first);
        using UserGicMachine b = new(hosts.For(VgicKind.GicV3), 1, Arm(NewGuest()).Hang());
        a.RunToCheckpoint();
        Assert.Equal(RunEnd.Forced, b.Run());
        Assert.Equal((1UL, 1UL), (a.Word(), b.Word()));
        Assert.Equal(0, a.RunToCheckpoint());
    }

    [Fact]
    [Scenario("R38", CheckedBy.Live)]
    public void An_interrupt_that_waits_for_the_distributor_is_delivered_when_it_is_enabled()
    {
        LiveGuest guest = Arm(NewGuest().Initialise(Timer).Store(GicFrame.Distributor, 0, 0), 0)
            .Window().Store(GicFrame.Distributor, 0, 1).TakeInterrupts(1).Checkpoint();
        using UserGicMachine machine = Start(guest);
        Assert.Equal(1, machine.RunToCheckpoint());
        Assert.Equal([0, Timer, 1], machine.Machine.Log(3));
    }

    [Fact]
    [Scenario("P22", CheckedBy.Live)]
    public void An_input_restored_and_not_recomputed_is_stuck_high_unless_the_word_is_preset()
    {
        LiveGuest guest = NewGuest().Initialise(Timer).Spin().Checkpoint().Spin().Checkpoint();
        using UserGicMachine machine = Start(guest);
        machine.RunToCheckpoint();
        machine.Gic.SetLine(Timer, 0, true); // as it was at the source; here the timer is off, and the word 0
        machine.IgnoresWord = true;
        Assert.Equal(0, machine.RunToCheckpoint());
        Assert.True(machine.Input());

        machine.IgnoresWord = false;
        machine.Machine.WriteWord(1);
        Assert.Equal(RunEnd.Forced, machine.Run());
        Assert.False(machine.Input());
    }

    /// <summary>Without a controller in the kernel a GICv3 cannot be in user space either: its registers are undefined.</summary>
    [Fact]
    [Scenario("V15", CheckedBy.Live)]
    public void Without_a_GIC_in_the_kernel_every_ICC_register_is_undefined()
    {
        // ICC_SRE_EL1 alone can be read: it says that there is no system register interface. The vectors skip an instruction
        // that faults and leave the exception's class (0: unknown) behind a mark.
        SystemRegister[] registers =
        [
            SystemRegisters.IccPmr, SystemRegisters.IccCtlr, SystemRegisters.IccIgrpen1, SystemRegisters.IccIar1,
            SystemRegisters.IccHppir1, SystemRegisters.IccRpr, SystemRegisters.IccBpr1, SystemRegisters.IccAp1R0,
        ];
        var guest = new LiveGuest(VgicKind.GicV3);
        foreach (SystemRegister register in registers)
        {
            guest.LogFault(register);
        }

        using var machine = new LiveMachine(hosts.For(VgicKind.GicV3), 0, null, guest.Checkpoint());
        machine.RunToCheckpoint();
        Assert.All(machine.Log(registers.Length), word => Assert.Equal(LiveGuest.UndefinedInstruction, word));
    }

    /// <summary>Waits, without running the guest, until its timer is due.</summary>
    private static void AwaitStatus(LiveMachine machine)
    {
        for (int tries = 0; (machine.GetTimer(KvmTimerRegister.VirtualControl) & Status) == 0; tries++)
        {
            Assert.True(tries < 1000, "the timer is never due");
            machine.Sleep(1);
        }
    }
}
