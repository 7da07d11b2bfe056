using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Tests.Gic;
using Orrery.Interrupts.Timers;
using Xunit;
using static Orrery.Interrupts.Timers.TimerRegister;

namespace Orrery.Interrupts.Tests.Timers;

/// <summary>A guest and its timer on a machine of its own.</summary>
public class GuestTimerTests
{
    private const ulong Enable = (ulong)TimerControl.Enable, Mask = (ulong)TimerControl.Mask, Status = (ulong)TimerControl.Status;

    private readonly BareGuest _guest = new();

    private Machine Gic => _guest.Machine;

    private ulong Istatus => _guest.Read(VirtualControl) & Status;

    [Fact]
    [Scenario("T01")]
    public void The_interrupt_comes_at_its_time_and_not_before()
    {
        _guest.Write(VirtualCompareValue, _guest.VirtualCount + _guest.Ticks(10));
        _guest.Arm();
        ulong? seen = null;
        _guest.Handler = guest =>
        {
            seen = guest.Now;
            guest.Write(VirtualControl, 0);
        };
        ulong start = _guest.Now;
        _guest.Wait(9);
        Assert.Equal(0ul, Istatus);
        _guest.Wait(2);
        Assert.Equal(1, _guest.Taken);
        Assert.Equal(start + 10_000_000, seen);
    }

    [Fact]
    [Scenario("T02")]
    [Scenario("T03")]
    [Scenario("T04")]
    public void A_timer_with_its_PPI_disabled_is_pending_only_while_its_line_is_high()
    {
        Gic.Disable(27);
        _guest.Write(VirtualCompareValue, _guest.VirtualCount + _guest.Ticks(10_000));
        _guest.Arm();
        Assert.Equal(0ul, Istatus);
        Assert.False(Gic.IsPending(27));

        _guest.Write(VirtualCompareValue, _guest.VirtualCount - 1);
        Assert.Equal(Status, Istatus);
        Assert.True(Gic.IsPending(27));
        Assert.Equal(0, _guest.Taken);

        _guest.Write(VirtualControl, 0);
        Gic.Enable(27);
        _guest.Wait(1);
        Assert.False(Gic.IsPending(27));
        Assert.Equal(0, _guest.Taken);
    }

    [Fact]
    [Scenario("T05")]
    public void A_masked_timer_shows_its_status_and_nothing_at_the_GIC()
    {
        _guest.Write(VirtualCompareValue, _guest.VirtualCount - 1);
        _guest.Write(VirtualControl, Enable | Mask);
        Assert.Equal(Status, Istatus);
        Assert.False(Gic.IsPending(27));
    }

    [Fact]
    [Scenario("T06")]
    public void A_guest_that_waits_for_TVAL_gets_its_interrupt_and_TVAL_is_not_positive()
    {
        _guest.Write(VirtualTimerValue, _guest.Ticks(10));
        _guest.Arm();
        while (_guest.Taken == 0)
        {
            _guest.Wait(1);
        }

        Assert.True((int)_guest.Read(VirtualTimerValue) <= 0);
    }

    [Fact]
    public void The_physical_timer_has_its_own_PPI()
    {
        _guest.Handler = guest => guest.Write(PhysicalControl, 0);
        _guest.Write(PhysicalTimerValue, _guest.Ticks(10));
        _guest.Write(PhysicalControl, Enable);
        _guest.Wait(9);
        Assert.False(Gic.IsPending(30));
        _guest.Wait(2);
        Assert.Equal(1, _guest.Taken);
        Assert.False(Gic.IsPending(27));
    }

    [Fact]
    [Scenario("T20")]
    public void A_timer_armed_and_disarmed_while_interrupts_are_off_leaves_nothing()
    {
        _guest.SetInterrupts(false);
        _guest.Write(VirtualCompareValue, 0);
        _guest.Arm();
        _guest.Write(VirtualControl, 0);
        _guest.SetInterrupts(true);
        Assert.Equal(0, _guest.Taken);
    }
}
