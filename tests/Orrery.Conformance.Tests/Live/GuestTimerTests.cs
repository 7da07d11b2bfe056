using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Tests;
using Orrery.Interrupts.Timers;
using Xunit;

namespace Orrery.Conformance.Tests.Live;

/// <summary>
/// The timer of a guest whose controller is in the kernel, on real KVM with and without VHE: what the guest sees of it, and how
/// often it is interrupted. "Not early" and "once" are checked; "not late" cannot be, where the host itself is emulated.
/// </summary>
[Collection(LiveCollection.Name)]
public sealed class GuestTimerTests(LiveHosts hosts)
{
    private const uint Timer = LiveGuest.VirtualTimer;
    private const ulong Enable = LiveGuest.Enable, Mask = LiveGuest.Mask, Status = LiveGuest.Status;
    private const ulong Soon = 62_500, Late = 625_000_000; // counts: 1 ms, 10 s
    private const ulong Default = 1UL << 40;

    public static TheoryData<VgicKind> Gics => [VgicKind.GicV2, VgicKind.GicV3];

    /// <summary>How a guest spends the time in which it expects its interrupt, or none.</summary>
    public enum Waiting
    {
        /// <summary>It runs.</summary>
        Polls,

        /// <summary>It leaves for user space and is run again, as one that yields.</summary>
        Exits,

        /// <summary>It leaves, and is run again on another CPU of the host.</summary>
        Migrates,

        /// <summary>It leaves, and user space sleeps.</summary>
        Sleeps,
    }

    public static TheoryData<VgicKind, Waiting> Ways
    {
        get
        {
            var ways = new TheoryData<VgicKind, Waiting>();
            foreach (Waiting waiting in Enum.GetValues<Waiting>())
            {
                ways.Add(VgicKind.GicV2, waiting);
                ways.Add(VgicKind.GicV3, waiting);
            }

            return ways;
        }
    }

    private static LiveGuest NewGuest(VgicKind gic) => new LiveGuest(gic).Initialise(Timer);

    private static LiveGuest Arm(LiveGuest guest, ulong counts) =>
        guest.Write(SystemRegisters.CntvTval, counts).Write(SystemRegisters.CntvCtl, Enable);

    /// <summary>The guest waits, interrupts unmasked, in its own way, then logs how many interrupts it has taken.</summary>
    private static LiveGuest Wait(LiveGuest guest, Waiting waiting) => waiting == Waiting.Polls
        ? guest.Window()
        : guest.Window(g => g.Spin(1000).Checkpoint((uint)waiting).Spin(1000).Checkpoint((uint)waiting).Spin(1000));

    /// <summary>Runs a guest to its checkpoint 0, doing at the others what they ask for; returns what it logged.</summary>
    private ulong[] Run(VgicKind gic, LiveGuest guest, int words, Action<LiveMachine>? before = null)
    {
        const int pausesLimit = 100, sleepMilliseconds = 3;
        guest.Checkpoint();
        using var machine = new LiveMachine(hosts.For(gic), 0, gic, guest);
        before?.Invoke(machine);
        int pauses = 0;
        for (uint stop = machine.RunToCheckpoint(); stop != 0; stop = machine.RunToCheckpoint())
        {
            Assert.True(++pauses < pausesLimit, "checkpoints without end");
            if (stop == (uint)Waiting.Migrates)
            {
                machine.PinTo(pauses % 2);
            }
            else if (stop == (uint)Waiting.Sleeps)
            {
                machine.Sleep(sleepMilliseconds);
            }
        }

        machine.PinTo(0);
        return machine.Log(words);
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T01", CheckedBy.Live)]
    public void The_interrupt_does_not_come_before_its_time(VgicKind gic)
    {
        LiveGuest guest = new LiveGuest(gic)
        {
            Handler = g => g.Log(SystemRegisters.CntvCount).Log(SystemRegisters.CntvCval).Log(SystemRegisters.CntvCtl).Write(SystemRegisters.CntvCtl, Mask),
        };
        Arm(guest.Initialise(Timer), Soon).TakeInterrupts(1);
        ulong[] log = Run(gic, guest, 4);
        Assert.True(log[0] >= log[1], $"at {log[0]}, due at {log[1]}");
        Assert.Equal([Enable | Status, 1], log[2..]);
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T02", CheckedBy.Live)]
    [Scenario("T03", CheckedBy.Live)]
    [Scenario("T04", CheckedBy.Live)]
    public void A_timer_with_its_PPI_disabled_is_pending_only_while_its_line_is_high(VgicKind gic)
    {
        LiveGuest guest = Arm(NewGuest(gic).DisablePpi(Timer), Late)
            .Log(SystemRegisters.CntvCtl).LogPending(Timer)
            .Copy(SystemRegisters.CntvCount, SystemRegisters.CntvCval, -1).Spin(100_000)
            .Log(SystemRegisters.CntvCtl).LogPending(Timer).Window()
            .Write(SystemRegisters.CntvCtl, 0).EnablePpi(Timer).LogPending(Timer).Window();
        Assert.Equal([Enable, 0, Enable | Status, 1, 0, 0, 0], Run(gic, guest, 7));
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T05", CheckedBy.Live)]
    public void A_masked_timer_shows_its_status_and_nothing_at_the_GIC(VgicKind gic)
    {
        LiveGuest guest = NewGuest(gic)
            .Copy(SystemRegisters.CntvCount, SystemRegisters.CntvCval, -1).Write(SystemRegisters.CntvCtl, Enable | Mask)
            .Log(SystemRegisters.CntvCtl).LogPending(Timer);
        Assert.Equal([Enable | Mask | Status, 0], Run(gic, guest, 2));
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T06", CheckedBy.Live)]
    public void A_guest_that_waits_for_TVAL_gets_its_interrupt_and_TVAL_is_not_positive(VgicKind gic)
    {
        LiveGuest guest = Arm(NewGuest(gic), Soon).TakeInterrupts(1, sleeping: true).Log(SystemRegisters.CntvTval);
        ulong[] log = Run(gic, guest, 2);
        Assert.Equal(1UL, log[0]);
        Assert.InRange((int)log[1], int.MinValue, 0);
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T07", CheckedBy.Live)]
    [Scenario("T19", CheckedBy.Live)]
    public void Every_arming_of_either_timer_is_one_interrupt(VgicKind gic)
    {
        const int rounds = 5;
        LiveGuest guest = new LiveGuest(gic)
        {
            Handler = g => g.LogAcknowledged().Write(SystemRegisters.CntvCtl, Mask).Write(SystemRegisters.CntpCtl, Mask),
        }.Initialise(Timer, LiveGuest.PhysicalTimer);
        var expected = new List<ulong>();
        for (uint i = 0; i < rounds; i++)
        {
            Arm(guest, Soon).TakeInterrupts(1, sleeping: i % 2 == 0);
            guest.Copy(SystemRegisters.CntvCount, SystemRegisters.CntvCval, 4000).Write(SystemRegisters.CntvCtl, Enable).TakeInterrupts(1);
            guest.Write(SystemRegisters.CntpTval, Soon).Write(SystemRegisters.CntpCtl, Enable).TakeInterrupts(1, sleeping: i % 2 == 0);
            expected.AddRange([Timer, 3 * i + 1, Timer, 3 * i + 2, LiveGuest.PhysicalTimer, 3 * i + 3]);
        }

        Assert.Equal(expected, Run(gic, guest, expected.Count));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T08", CheckedBy.Live)]
    [Scenario("T19", CheckedBy.Live)]
    public void What_is_due_already_fires_once(VgicKind gic, Waiting waiting)
    {
        LiveGuest guest = NewGuest(gic);
        Action<LiveGuest>[] ways =
        [
            g => g.Copy(SystemRegisters.CntvCount, SystemRegisters.CntvCval, -1000),
            g => g.Write(SystemRegisters.CntvTval, 0xFFFF_FFFF),
            g => g.Write(SystemRegisters.CntvTval, 0),
            g => g.Write(SystemRegisters.CntvTval, 0x8000_0000),
            g => g.Write(SystemRegisters.CntvCval, 0),
        ];
        foreach (Action<LiveGuest> past in ways)
        {
            past(guest);
            guest.Write(SystemRegisters.CntvCtl, Enable).TakeInterrupts(1);
            Wait(guest, waiting);
        }

        // TVAL INT32_MIN lies in the past only once the counter is that large.
        Assert.Equal([1, 1, 2, 2, 3, 3, 4, 4, 5, 5], Run(gic, guest, 10, m => m.SetTimer(KvmTimerRegister.VirtualCount, Default)));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T09", CheckedBy.Live)]
    [Scenario("T19", CheckedBy.Live)]
    public void A_deadline_beyond_the_reach_of_TVAL_does_not_fire_early_and_TVAL_reads_negative(VgicKind gic, Waiting waiting)
    {
        LiveGuest guest = Wait(NewGuest(gic).SetFarDeadline().Write(SystemRegisters.CntvCtl, Enable).Log(SystemRegisters.CntvTval), waiting);
        ulong[] log = Run(gic, guest, 2, m => m.SetTimer(KvmTimerRegister.VirtualCount, 0));
        Assert.InRange((int)log[0], int.MinValue, 0);
        Assert.Equal(0UL, log[1]);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T11", CheckedBy.Live)]
    [Scenario("T19", CheckedBy.Live)]
    public void TVAL_counts_on_below_zero(VgicKind gic, Waiting waiting)
    {
        LiveGuest guest = Wait(NewGuest(gic).Write(SystemRegisters.CntvTval, 0).Log(SystemRegisters.CntvTval), waiting)
            .Log(SystemRegisters.CntvTval);
        ulong[] log = Run(gic, guest, 3);
        Assert.True((int)log[2] < (int)log[0] && (int)log[0] <= 0, $"{(int)log[0]}, then {(int)log[2]}");
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T12", CheckedBy.Live)]
    public void Moving_the_counter_past_the_deadline_fires(VgicKind gic)
    {
        LiveGuest guest = NewGuest(gic).Write(SystemRegisters.CntvCval, Default).Write(SystemRegisters.CntvCtl, Enable)
            .Window().Checkpoint(1).TakeInterrupts(1).Checkpoint();
        using var machine = new LiveMachine(hosts.For(gic), 0, gic, guest);
        machine.SetTimer(KvmTimerRegister.VirtualCount, 0);
        Assert.Equal(1u, machine.RunToCheckpoint());
        machine.SetTimer(KvmTimerRegister.VirtualCount, Default + 1);
        machine.RunToCheckpoint();
        Assert.Equal([0, 1], machine.Log(2));
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T13", CheckedBy.Live)]
    public void Moving_the_counter_back_takes_the_interrupt_away(VgicKind gic)
    {
        LiveGuest guest = NewGuest(gic).Write(SystemRegisters.CntvCval, Default - 1).Write(SystemRegisters.CntvCtl, Enable)
            .LogPending(Timer).Checkpoint(1).Window().Checkpoint();
        using var machine = new LiveMachine(hosts.For(gic), 0, gic, guest);
        machine.SetTimer(KvmTimerRegister.VirtualCount, Default);
        machine.RunToCheckpoint();
        machine.SetTimer(KvmTimerRegister.VirtualCount, 0);
        machine.RunToCheckpoint();
        Assert.Equal([1, 0], machine.Log(2));
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T14", CheckedBy.Live)]
    public void A_counter_at_its_end_wraps_and_leaves_nothing(VgicKind gic)
    {
        LiveGuest guest = NewGuest(gic).Write(SystemRegisters.CntvCval, Default).Write(SystemRegisters.CntvCtl, Enable)
            .Checkpoint(1).Spin().Window().Log(SystemRegisters.CntvCount).Checkpoint();
        using var machine = new LiveMachine(hosts.For(gic), 0, gic, guest);
        machine.SetTimer(KvmTimerRegister.VirtualCount, 0);
        machine.RunToCheckpoint();
        machine.SetTimer(KvmTimerRegister.VirtualCount, ulong.MaxValue);
        machine.RunToCheckpoint();
        ulong[] log = machine.Log(2);
        Assert.Equal(0UL, log[0]);
        Assert.InRange(log[1], 0UL, Default);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T15", CheckedBy.Live)]
    [Scenario("T19", CheckedBy.Live)]
    public void Only_the_last_deadline_counts(VgicKind gic, Waiting waiting)
    {
        LiveGuest guest = Arm(Arm(NewGuest(gic), Late), Soon).TakeInterrupts(1);
        Wait(guest, waiting);
        Assert.Equal([1, 1], Run(gic, guest, 2));
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T15", CheckedBy.Live)]
    public void A_deadline_replaced_by_a_later_one_does_not_fire(VgicKind gic)
    {
        LiveGuest guest = Arm(Arm(NewGuest(gic), Late), 3 * Late).Checkpoint(1).Window().Checkpoint();
        using var machine = new LiveMachine(hosts.For(gic), 0, gic, guest);
        machine.RunToCheckpoint();
        machine.SetTimer(KvmTimerRegister.VirtualCount, machine.GetTimer(KvmTimerRegister.VirtualCount) + (2 * Late));
        machine.RunToCheckpoint();
        Assert.Equal([0], machine.Log(1));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T16", CheckedBy.Live)]
    [Scenario("T19", CheckedBy.Live)]
    public void One_interrupt_for_each_enabling_of_a_timer_that_is_due(VgicKind gic, Waiting waiting)
    {
        LiveGuest guest = NewGuest(gic).Write(SystemRegisters.CntvTval, 0);
        for (int i = 0; i < 10; i++)
        {
            Wait(guest.Write(SystemRegisters.CntvCtl, Enable).TakeInterrupts(1), waiting);
        }

        Assert.Equal(Enumerable.Range(1, 10).SelectMany(i => (ulong[])[(ulong)i, (ulong)i]), Run(gic, guest, 20));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T17", CheckedBy.Live)]
    [Scenario("T18", CheckedBy.Live)]
    [Scenario("T19", CheckedBy.Live)]
    public void A_masked_timer_fires_when_the_mask_is_cleared_and_not_before(VgicKind gic, Waiting waiting)
    {
        LiveGuest guest = NewGuest(gic).Write(SystemRegisters.CntvTval, 0).Write(SystemRegisters.CntvCtl, Enable | Mask);
        Wait(guest, waiting).Write(SystemRegisters.CntvCtl, Enable).TakeInterrupts(1);
        Assert.Equal([0, 1], Run(gic, guest, 2));
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T20", CheckedBy.Live)]
    public void A_timer_armed_and_disarmed_while_interrupts_are_off_leaves_nothing(VgicKind gic)
    {
        LiveGuest guest = Arm(NewGuest(gic), 0).Spin(100_000).LogPending(Timer).Write(SystemRegisters.CntvCtl, 0)
            .Checkpoint(1).Window();
        Assert.Equal([1, 0], Run(gic, guest, 2));
    }

    /// <summary>
    /// KVM looks at a fallen timer when its vCPU next leaves the guest (docs/generic-timer.md); until then the interrupt that
    /// waits in a list register can be taken, once, and its handler finds nothing due.
    /// </summary>
    [Theory]
    [MemberData(nameof(Gics))]
    public void Until_the_guest_is_left_a_disarmed_timer_may_interrupt_once(VgicKind gic)
    {
        LiveGuest guest = new LiveGuest(gic) { Handler = g => g.LogPending(Timer) };
        Arm(guest.Initialise(Timer), 0).Spin(100_000).Write(SystemRegisters.CntvCtl, 0).Window().Window();
        ulong[] log = Run(gic, guest, 3);
        Assert.True(log is [0, 0, _] or [0, 1, 1], string.Join(", ", log));
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T21", CheckedBy.Live)]
    public void A_guest_that_never_touches_IMASK_gets_every_tick_and_never_sees_it_set(VgicKind gic)
    {
        const int periods = 100;
        LiveGuest guest = new LiveGuest(gic)
        {
            Handler = g => g.Log(SystemRegisters.CntvCtl).Write(SystemRegisters.CntvTval, Soon),
        };
        Arm(guest.Initialise(Timer), Soon).TakeInterrupts(periods);
        Assert.Equal([.. Enumerable.Repeat(Enable | Status, periods), periods], Run(gic, guest, periods + 1));
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T22", CheckedBy.Live)]
    public void Setting_the_count_of_one_vCPU_moves_that_of_all(VgicKind gic)
    {
        LiveGuest first = new LiveGuest(gic).Log(SystemRegisters.CntvCount).Checkpoint().Log(SystemRegisters.CntvCount).Checkpoint();
        using var machine = new LiveMachine(hosts.For(gic), 0, gic, first, new LiveGuest(gic, 1).Checkpoint());
        machine.RunToCheckpoint();
        machine.SetTimer(KvmTimerRegister.VirtualCount, Default, vcpu: 1);
        machine.RunToCheckpoint();
        ulong[] log = machine.Log(2);
        Assert.True(log[0] < Default && log[1] >= Default, $"{log[0]}, {log[1]}");
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T23", CheckedBy.Live)]
    public void After_the_counters_offset_is_set_setting_the_count_is_ignored(VgicKind gic)
    {
        LiveGuest guest = new LiveGuest(gic).Log(SystemRegisters.CntvCount);
        ulong count = Run(gic, guest, 1, machine =>
        {
            Assert.Equal(0, machine.SetCounterOffset(0));
            machine.SetTimer(KvmTimerRegister.VirtualCount, Default);
        })[0];
        Assert.True(count < Default, $"{count}");
    }

    [Theory]
    [MemberData(nameof(Gics))]
    [Scenario("T24", CheckedBy.Live)]
    public void The_identifiers_of_CVAL_and_CNT_carry_each_others_encodings(VgicKind gic)
    {
        const ulong deadline = 0x1234_5678_9ABC;
        LiveGuest guest = new LiveGuest(gic).Log(SystemRegisters.CntvCval).Log(SystemRegisters.CntvCount);
        ulong[] log = Run(gic, guest, 2, machine =>
        {
            machine.SetTimer(KvmTimerRegister.VirtualCompareValue, deadline);
            machine.SetTimer(KvmTimerRegister.VirtualCount, Default);
            Assert.Equal(deadline, machine.GetTimer(KvmTimerRegister.VirtualCompareValue));
        });
        Assert.Equal(deadline, log[0]);
        Assert.InRange(log[1], Default, Default + Late);
    }
}
