using Orrery.Interrupts.Routing;
using Orrery.Interrupts.Routing.Protocols;
using Xunit;
using static Orrery.Interrupts.Routing.RoutingAction;

namespace Orrery.Interrupts.Tests.Routing;

/// <summary>The catalogue's scenarios of KVM_CAP_ARM_USER_IRQ with one vCPU, step by step.</summary>
public class UpstreamScenarioTests
{
    private readonly RoutingBench<UserIrq> _bench = new();

    [Fact]
    [Scenario("R01")]
    public void An_expiry_in_the_guest_forces_an_exit_and_is_acknowledged()
    {
        _bench.Do(Expire, Interrupt, Refuse, Return);
        Assert.True(_bench.Vcpu().Word.Level);
        _bench.Do(ReadWord, Run);
        Assert.True(_bench.Vcpu() is { Input: true, Pin: true });
        _bench.ToGuest().Do(TakeIrq, ReadIar).ToGuest();
        Assert.True(_bench.Vcpu() is { Phase: GuestPhase.Handler, Active: true });
        Assert.Equal(1, _bench.ForcedExits);
    }

    [Fact]
    [Scenario("R02")]
    public void The_exit_for_EOIR_carries_the_fall_by_IMASK()
    {
        _bench.FireAndAcknowledge().Do(MaskTimer, WriteEoir, Return);
        Assert.False(_bench.Vcpu().Word.Level);
        _bench.ToGuest();
        Assert.True(_bench.Vcpu() is { Input: false, Pin: false });
        Assert.Equal(1, _bench.ForcedExits);
    }

    [Fact]
    [Scenario("R03")]
    public void A_new_deadline_lowers_the_word_and_forces_an_exit_when_it_is_reached()
    {
        _bench.FireAndAcknowledge().Do(SetDeadlineAhead, WriteEoir, Return);
        Assert.False(_bench.Vcpu().Word.Level);
        _bench.ToGuest().FireAndAcknowledge();
        Assert.Equal((2, GuestPhase.Handler), (_bench.ForcedExits, _bench.Vcpu().Phase));
    }

    [Fact]
    [Scenario("R04")]
    public void A_line_still_high_at_EOIR_pends_again_without_a_forced_exit()
    {
        _bench.FireAndAcknowledge().Do(WriteEoir, Return);
        Assert.True(_bench.Vcpu().Word.Level);
        _bench.ToGuest().Do(TakeIrq, ReadIar).ToGuest();
        Assert.Equal((1, GuestPhase.Handler), (_bench.ForcedExits, _bench.Vcpu().Phase));
    }

    [Fact]
    [Scenario("R05")]
    public void A_user_that_ignores_the_word_is_forced_once_and_the_guest_runs()
    {
        var bench = new RoutingBench<UserIrq>(
            new RoutingOptions { Repertoire = Repertoire.Signals, Broken = Rule.ReadWordAfterEveryReturn });
        bench.Do(Expire, Interrupt).ToGuest();
        for (int tick = 0; tick < 250; tick++)
        {
            bench.Do(Compute, Tick).ToGuest();
        }

        bench.Do(Tick, SeeSignal, Return).ToGuest(); // the alarm that ends the second
        Assert.Equal((1, 2), (bench.ForcedExits, bench.Returns));
        Assert.False(bench.Vcpu().Input);
    }

    [Fact]
    [Scenario("R06")]
    public void A_fall_without_an_access_is_told_at_the_next_tick()
    {
        _bench.Do(MaskIrqs, Expire, Interrupt).ToGuest().Do(MaskTimer, Compute, Compute);
        Assert.True(_bench.Vcpu().Word.Level);
        _bench.Do(Tick, Refuse, Return);
        Assert.False(_bench.Vcpu().Word.Level);
        Assert.Equal(2, _bench.ForcedExits);
    }

    [Fact]
    [Scenario("R07")]
    public void Without_a_tick_a_fall_waits_for_the_first_exit()
    {
        var bench = new RoutingBench<UserIrq>(
            new RoutingOptions { HasTick = false, Repertoire = Repertoire.IrqMask | Repertoire.TimerMask | Repertoire.OtherAccess });
        bench.Do(MaskIrqs, Expire, Interrupt).ToGuest().Do(MaskTimer);
        for (int instruction = 0; instruction < 1000; instruction++)
        {
            bench.Do(Compute);
        }

        Assert.True(bench.Vcpu() is { Word.Level: true, Input: true });
        Assert.False(bench.CanDo(Tick));
        bench.Do(WriteOtherDevice, Return);
        Assert.False(bench.Vcpu().Word.Level);
    }

    [Fact]
    [Scenario("R08")]
    public void A_word_cleared_by_the_user_is_set_again_at_once()
    {
        _bench.Do(Expire, Interrupt).ToUser().Change((ref Vcpu vcpu) => vcpu.Word = default);
        _bench.Do(Run, Load, Restore, Refuse, Return);
        Assert.True(_bench.Vcpu().Word.Level);
    }

    [Fact]
    [Scenario("R09")]
    public void A_word_set_by_the_user_is_cleared_again_at_once()
    {
        _bench.Do(Tick, SeeSignal).ToUser().Change((ref Vcpu vcpu) => vcpu.Word = new SharedWord(Level: true, Mask: false));
        _bench.Do(Run, Load, Restore, Refuse, Return);
        Assert.False(_bench.Vcpu().Word.Level);
    }

    [Fact]
    [Scenario("R10")]
    public void An_immediate_exit_tells_nothing_and_the_next_run_does()
    {
        _bench.Do(Tick, SeeSignal).ToUser().Do(RunImmediateExit, Expire, Load, Restore, Return);
        Assert.True(_bench.Vcpu() is { Line: true, Word.Level: false });
        _bench.Do(ReadWord);
        Assert.False(_bench.Vcpu().Input);
        _bench.Do(Run, Load, Restore, Refuse, Return);
        Assert.True(_bench.Vcpu().Word.Level);
    }

    [Fact]
    [Scenario("R11")]
    public void A_waiting_guest_is_woken_by_its_timer_and_WFI_is_no_exit()
    {
        _bench.Do(Wait);
        Assert.Equal((Place.KernelBlocked, 0), (_bench.Vcpu().Place, _bench.Returns));
        Assert.False(_bench.CanDo(Wake));
        _bench.Do(Expire, Wake, Load, Restore, Refuse, Return);
        Assert.Equal((true, 1), (_bench.Vcpu().Word.Level, _bench.Returns));
    }

    [Fact]
    [Scenario("R12")]
    public void A_waiting_guest_with_a_masked_timer_sleeps_on()
    {
        _bench.Do(MaskTimer, Wait, Expire);
        Assert.False(_bench.CanDo(Wake));
        Assert.Equal(0, _bench.Returns);
    }

    [Fact]
    [Scenario("R13")]
    public void A_disabled_interrupt_costs_one_forced_exit_and_the_guest_goes_on()
    {
        _bench.Do(DisableInterrupt).ToGuest().Do(Expire, Interrupt).ToGuest();
        Assert.True(_bench.Vcpu() is { Input: true, Pin: false });
        for (int tick = 0; tick < 10; tick++)
        {
            _bench.Do(Compute, Tick).ToGuest();
        }

        Assert.Equal(1, _bench.ForcedExits);
    }

    [Fact]
    [Scenario("R14")]
    public void An_interrupt_enabled_while_its_line_is_high_is_signalled_by_the_access_itself()
    {
        _bench.Do(DisableInterrupt).ToGuest().Do(Expire, Interrupt).ToGuest().Do(RoutingAction.EnableInterrupt).ToGuest();
        Assert.True(_bench.Vcpu().Pin);
        _bench.Do(TakeIrq, ReadIar).ToGuest();
        Assert.Equal((1, GuestPhase.Handler), (_bench.ForcedExits, _bench.Vcpu().Phase));
    }

    [Fact]
    [Scenario("R16")]
    public void A_software_latch_is_acknowledged_once_and_forces_no_exit()
    {
        _bench.Do(RoutingAction.SetPending).ToGuest().Do(TakeIrq, ReadIar).ToGuest();
        Assert.Equal(GuestPhase.Handler, _bench.Vcpu().Phase);
        _bench.Do(WriteEoir).ToGuest();
        Assert.Equal((0, false), (_bench.ForcedExits, _bench.Vcpu().Pin));
    }

    [Fact]
    [Scenario("R17")]
    public void A_software_latch_is_retired_by_ICPENDR()
    {
        _bench.Do(MaskIrqs, RoutingAction.SetPending).ToGuest().Do(RoutingAction.ClearPending).ToGuest();
        Assert.True(_bench.Vcpu() is { Latch: false, Pin: false });
    }

    [Fact]
    [Scenario("R18")]
    public void ICPENDR_does_not_retire_a_high_line()
    {
        _bench.Do(MaskIrqs, Expire, Interrupt).ToGuest().Do(RoutingAction.ClearPending).ToGuest();
        Assert.True(_bench.Vcpu().Pin);
    }

    [Fact]
    [Scenario("R19")]
    public void A_line_that_falls_between_signal_and_IAR_is_spurious()
    {
        _bench.Do(Expire, Interrupt).ToGuest().Do(TakeIrq).Change(CountSetBack);
        _bench.Do(ReadIar).ToGuest();
        Assert.True(_bench.Vcpu() is { Phase: GuestPhase.Main, Active: false });
    }

    [Fact]
    [Scenario("R20")]
    public void A_line_that_falls_after_the_word_was_read_is_still_acknowledged()
    {
        _bench.Do(Expire, Interrupt).ToGuest().Do(TakeIrq, ReadIar, Return, ReadWord).Change(CountSetBack);
        _bench.Do(ServeAccess).ToGuest();
        Assert.True(_bench.Vcpu() is { Phase: GuestPhase.Handler, Expired: false });
        _bench.Do(WriteEoir).ToGuest();
        Assert.True(_bench.Vcpu() is { Phase: GuestPhase.Main, Pin: false });
    }

    [Fact]
    [Scenario("R21")]
    public void A_line_that_falls_before_the_check_forces_an_exit_if_it_was_told()
    {
        _bench.Do(Expire, Interrupt).ToUser().Do(Run, Load, Restore).Change(CountSetBack);
        _bench.Do(Refuse, Return);
        Assert.False(_bench.Vcpu().Word.Level);

        var untold = new RoutingBench<UserIrq>();
        untold.Do(Tick, SeeSignal).ToUser().Do(Expire, Run, Load, Restore).Change(CountSetBack);
        Assert.False(untold.CanDo(Refuse));
        // The gate was closed for the line at load: until the next exit it stays so.
        untold.DoAs(0, Enter, despite: "S8").Do(Tick, Enter);
        Assert.False(untold.Cpu().Active);
    }

    [Fact]
    [Scenario("R22")]
    public void A_line_that_rises_after_the_check_ends_the_run_before_the_first_instruction()
    {
        _bench.Do(Tick, Enter, Expire);
        Assert.False(_bench.CanDo(Compute));
        _bench.Do(Interrupt, Refuse, Return);
        Assert.True(_bench.Vcpu().Word.Level);
    }

    [Fact]
    [Scenario("R23")]
    public void A_priority_that_is_opened_signals_without_the_kernel()
    {
        _bench.Do(ClosePriority).ToGuest().Do(Expire, Interrupt).ToGuest();
        Assert.True(_bench.Vcpu() is { Input: true, Pin: false });
        _bench.Do(OpenPriority).ToGuest();
        Assert.Equal((true, 1), (_bench.Vcpu().Pin, _bench.ForcedExits));
    }

    [Fact]
    [Scenario("R25")]
    public void With_EOImode_1_the_interrupt_is_held_until_DIR()
    {
        var bench = new RoutingBench<UserIrq>(new RoutingOptions { HasSeparateDeactivation = true });
        bench.FireAndAcknowledge().Do(WriteEoir).ToGuest();
        Assert.True(bench.Vcpu() is { Active: true, Pin: false, Line: true });
        bench.Do(WriteDir).ToGuest();
        Assert.True(bench.Vcpu() is { Active: false, Pin: true });
    }

    [Fact]
    [Scenario("R30")]
    public void A_pin_set_by_another_thread_kicks_the_vCPU_and_nothing_returns()
    {
        _bench.Do(RaiseOther);
        Assert.True(_bench.Vcpu() is { Pin: true, Place: Place.KernelWork });
        _bench.Do(Enter, TakeIrq);
        Assert.Equal((0, 0), (_bench.ForcedExits, _bench.Returns));
    }

    [Fact]
    [Scenario("R31")]
    public void The_physical_timer_has_a_bit_of_its_own()
    {
        _bench.Do(RaisePhysicalTimer, Refuse, Return);
        Assert.True(_bench.Vcpu() is { PhysicalWord: true, Word.Level: false });
        _bench.Do(ReadWord);
        Assert.True(_bench.Vcpu() is { PhysicalInput: true, Input: false });
    }

    [Fact]
    [Scenario("R32")]
    public void Both_timers_together_cost_one_exit()
    {
        _bench.Do(RaisePhysicalTimer, Expire).ToGuest();
        Assert.True(_bench.Vcpu() is { PhysicalInput: true, Input: true });
        Assert.Equal(1, _bench.ForcedExits);
    }

    [Fact]
    [Scenario("R38")]
    public void An_interrupt_that_pends_while_the_distributor_is_off_is_delivered_when_it_is_on()
    {
        _bench.Do(DisableDistributor).ToGuest().Do(Expire, Interrupt).ToGuest();
        Assert.False(_bench.Vcpu().Pin);
        _bench.Do(EnableDistributor).ToGuest().Do(TakeIrq, ReadIar).ToGuest();
        Assert.Equal(GuestPhase.Handler, _bench.Vcpu().Phase);
    }

    [Fact]
    [Scenario("R39")]
    public void A_signal_and_a_change_together_cost_one_exit_with_a_fresh_word()
    {
        _bench.Do(Tick, Expire, SeeSignal, Return);
        Assert.True(_bench.Vcpu().Word.Level);
        _bench.ToGuest();
        Assert.Equal((0, 1), (_bench.ForcedExits, _bench.Returns));
    }

    [Fact]
    [Scenario("P20")]
    public void A_timer_that_expires_between_save_and_restore_fires_once()
    {
        _bench.Do(Tick, SeeSignal).ToUser().Do(RoutingAction.SaveRestore, Expire).ToGuest().Do(TakeIrq, ReadIar).ToGuest();
        Assert.Equal(GuestPhase.Handler, _bench.Vcpu().Phase);
        _bench.Do(SetDeadlineAhead, WriteEoir).ToGuest();
        Assert.Equal((1, false), (_bench.ForcedExits, _bench.Vcpu().Pin));
    }

    [Fact]
    [Scenario("T20")]
    public void A_timer_armed_and_disarmed_with_interrupts_off_delivers_nothing()
    {
        _bench.Do(MaskIrqs, Expire, Interrupt).ToGuest().Do(SetDeadlineAhead, Tick).ToGuest().Do(UnmaskIrqs);
        Assert.False(_bench.Vcpu().Pin);
        Assert.False(_bench.CanDo(TakeIrq));
    }

    [Fact]
    [Scenario("T21")]
    public void A_guest_that_never_clears_IMASK_gets_every_period()
    {
        for (int period = 0; period < 100; period++)
        {
            _bench.FireAndAcknowledge();
            Assert.True(_bench.Vcpu() is { Phase: GuestPhase.Handler, TimerEnabled: true, TimerMasked: false });
            _bench.Do(SetDeadlineAhead, WriteEoir).ToGuest();
        }

        Assert.Equal(100, _bench.ForcedExits);
    }

    private static void CountSetBack(ref Vcpu vcpu) => vcpu.Expired = false;
}
