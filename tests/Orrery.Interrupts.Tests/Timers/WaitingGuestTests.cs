using Orrery.Interrupts.Timers;
using Orrery.Interrupts.Timers.Switching;
using Xunit;
using static Orrery.Interrupts.Timers.TimerRegister;

namespace Orrery.Interrupts.Tests.Timers;

/// <summary>
/// The edge cases of timers, each with every way in which a guest can wait under a hypervisor that switches virtual
/// machines: the interrupts taken must be the same.
/// </summary>
public class WaitingGuestTests
{
    private const ulong Enable = (ulong)TimerControl.Enable, Mask = (ulong)TimerControl.Mask;
    private const ulong Default = 1ul << 40;

    public static TheoryData<WaitMethod> Ways => [.. Enum.GetValues<WaitMethod>()];

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T07")]
    [Scenario("T19")]
    public void Every_arming_is_one_interrupt(WaitMethod way)
    {
        var guest = new SwitchedGuest(way);
        for (int i = 1; i <= 10; i++)
        {
            if (i % 2 == 0)
            {
                guest.Write(VirtualCompareValue, guest.VirtualCount + guest.Ticks(3));
            }
            else
            {
                guest.Write(VirtualTimerValue, guest.Ticks(3));
            }

            guest.Arm();
            guest.Wait(5);
            Assert.Equal(i, guest.Taken);
        }
    }

    public static TheoryData<WaitMethod, string> PastWays
    {
        get
        {
            var data = new TheoryData<WaitMethod, string>();
            foreach (WaitMethod way in Enum.GetValues<WaitMethod>())
            {
                foreach (string how in (string[])["CVAL in the past", "TVAL -1", "TVAL 0", "TVAL INT32_MIN", "CVAL 0"])
                {
                    data.Add(way, how);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(PastWays))]
    [Scenario("T08")]
    [Scenario("T19")]
    public void What_is_due_already_fires_at_once_and_once(WaitMethod way, string how)
    {
        var guest = new SwitchedGuest(way);
        guest.SetCounter(Default);
        switch (how)
        {
            case "CVAL in the past":
                guest.Write(VirtualCompareValue, guest.VirtualCount - 1000);
                break;
            case "TVAL -1":
                guest.Write(VirtualTimerValue, unchecked((ulong)-1));
                break;
            case "TVAL 0":
                guest.Write(VirtualTimerValue, 0);
                break;
            case "TVAL INT32_MIN":
                guest.Write(VirtualTimerValue, 0x8000_0000);
                break;
            default:
                guest.Write(VirtualCompareValue, 0);
                break;
        }

        ulong before = guest.Now;
        guest.Arm();
        Assert.Equal(1, guest.Taken);
        Assert.Equal(before, guest.Now);
        guest.Wait(5);
        Assert.Equal(1, guest.Taken);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T09")]
    [Scenario("T19")]
    public void A_deadline_beyond_the_reach_of_TVAL_does_not_fire_early_and_TVAL_reads_negative(WaitMethod way)
    {
        var guest = new SwitchedGuest(way);
        guest.Write(VirtualCompareValue, guest.VirtualCount + int.MaxValue + guest.Ticks(1));
        guest.Arm();
        Assert.True((int)guest.Read(VirtualTimerValue) <= 0);
        guest.Wait(20);
        Assert.Equal(0, guest.Taken);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T10")]
    [Scenario("T19")]
    public void A_negative_TVAL_while_the_counter_is_small_wraps_to_the_far_future(WaitMethod way)
    {
        var guest = new SwitchedGuest(way);
        guest.SetCounter(0);
        guest.Write(VirtualTimerValue, unchecked(0 - guest.Ticks(30)));
        guest.Arm();
        Assert.True(guest.Read(VirtualCompareValue) > 1ul << 63);
        guest.Wait(20);
        Assert.Equal(0, guest.Taken);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T11")]
    [Scenario("T19")]
    public void TVAL_counts_on_below_zero(WaitMethod way)
    {
        var guest = new SwitchedGuest(way);
        guest.Write(VirtualTimerValue, 0);
        guest.Wait(4);
        Assert.Equal(-(int)guest.Ticks(4), (int)guest.Read(VirtualTimerValue));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T12")]
    [Scenario("T19")]
    public void Moving_the_counter_past_the_deadline_fires(WaitMethod way)
    {
        var guest = new SwitchedGuest(way);
        guest.SetCounter(0);
        guest.Write(VirtualCompareValue, Default);
        guest.Arm();
        guest.Wait(2);
        Assert.Equal(0, guest.Taken);
        guest.SetCounter(Default + 1);
        guest.Wait(1);
        Assert.Equal(1, guest.Taken);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T13")]
    [Scenario("T19")]
    public void Moving_the_counter_back_takes_the_interrupt_away(WaitMethod way)
    {
        var guest = new SwitchedGuest(way);
        guest.SetInterrupts(false);
        guest.SetCounter(Default);
        guest.Write(VirtualCompareValue, Default - 1);
        guest.Arm();
        guest.SetCounter(0);
        guest.SetInterrupts(true);
        guest.Wait(5);
        Assert.Equal(0, guest.Taken);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T14")]
    [Scenario("T19")]
    public void A_counter_at_its_end_wraps_and_leaves_nothing(WaitMethod way)
    {
        var guest = new SwitchedGuest(way);
        guest.SetInterrupts(false);
        guest.SetCounter(0);
        guest.Write(VirtualCompareValue, Default);
        guest.Arm();
        guest.SetCounter(ulong.MaxValue);
        guest.Wait(5);
        guest.SetInterrupts(true);
        guest.Wait(1);
        Assert.Equal(0, guest.Taken);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T15")]
    [Scenario("T19")]
    public void Only_the_last_deadline_counts(WaitMethod way)
    {
        foreach ((ulong first, ulong last) in (ReadOnlySpan<(ulong, ulong)>)[(20, 3), (3, 20)])
        {
            var guest = new SwitchedGuest(way);
            guest.Write(VirtualTimerValue, guest.Ticks(first));
            guest.Arm();
            guest.Write(VirtualTimerValue, guest.Ticks(last));
            guest.Wait(last - 1);
            Assert.Equal(0, guest.Taken);
            guest.Wait(30);
            Assert.Equal(1, guest.Taken);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T16")]
    [Scenario("T19")]
    public void One_interrupt_for_each_enabling_of_a_timer_that_is_due(WaitMethod way)
    {
        var guest = new SwitchedGuest(way);
        guest.Write(VirtualCompareValue, 0);
        for (int i = 1; i <= 10; i++)
        {
            guest.Arm();
            guest.Wait(1);
            Assert.Equal(i, guest.Taken);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T17")]
    [Scenario("T18")]
    [Scenario("T19")]
    public void A_masked_timer_fires_when_the_mask_is_cleared_and_not_before(WaitMethod way)
    {
        var guest = new SwitchedGuest(way);
        guest.Write(VirtualCompareValue, 0);
        guest.Write(VirtualControl, Enable | Mask);
        guest.Wait(50);
        Assert.Equal(0, guest.Taken);
        guest.Arm();
        guest.Wait(1);
        Assert.Equal(1, guest.Taken);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("T20")]
    public void Armed_and_disarmed_with_interrupts_off_leaves_nothing_after_an_exit(WaitMethod way)
    {
        var guest = new SwitchedGuest(way);
        guest.SetInterrupts(false);
        guest.Write(VirtualCompareValue, 0);
        guest.Arm();
        guest.Write(VirtualControl, 0);
        guest.SetCounter(Default);
        guest.SetInterrupts(true);
        guest.Wait(2);
        Assert.Equal(0, guest.Taken);
    }

    /// <summary>Linux rewrites CTL and lives with a hypervisor that sets IMASK behind its back; QNX writes CVAL only, and does not.</summary>
    [Theory]
    [InlineData(GuestHabit.WritesCompareOnly, SwitchDesign.ActiveBit, 100)]
    [InlineData(GuestHabit.RewritesControl, SwitchDesign.ActiveBit, 100)]
    [InlineData(GuestHabit.RewritesControl, SwitchDesign.MaskByHypervisor, 100)]
    [InlineData(GuestHabit.WritesCompareOnly, SwitchDesign.MaskByHypervisor, 1)]
    [Scenario("T21")]
    public void A_hundred_periods_are_a_hundred_interrupts_unless_the_hypervisor_masks_the_timer(
        GuestHabit habit, SwitchDesign design, int expected)
    {
        foreach (WaitMethod way in Enum.GetValues<WaitMethod>())
        {
            bool sawMask = false;
            ulong deadline = 0;
            var guest = new SwitchedGuest(way, design);
            guest.Handler = g =>
            {
                sawMask |= (g.Read(VirtualControl) & Mask) != 0;
                deadline += g.Ticks(1);
                g.Write(VirtualCompareValue, deadline);
                if (habit == GuestHabit.RewritesControl)
                {
                    g.Write(VirtualControl, Enable);
                }
            };
            deadline = guest.VirtualCount + guest.Ticks(1);
            guest.Write(VirtualCompareValue, deadline);
            guest.Arm();
            for (int period = 0; period < 100; period++)
            {
                guest.Wait(1);
            }

            Assert.Equal(expected, guest.Taken);
            Assert.Equal(design == SwitchDesign.MaskByHypervisor, sawMask);
        }
    }

    /// <summary>An active bit left by another machine, or not set for this one, is seen by a guest too.</summary>
    [Theory]
    [InlineData(SwitchMutants.LoadNeverClears)]
    [Scenario("X03")]
    public void A_guest_loses_ticks_where_a_load_leaves_the_active_bit_of_the_machine_before(SwitchMutants mutant)
    {
        var guest = new SwitchedGuest(WaitMethod.UserSleep, mutants: mutant);
        guest.Wait(1);
        Assert.True(guest.PhysicalActive(0));
        guest.Write(VirtualCompareValue, 0);
        guest.Arm();
        Assert.Equal(0, guest.Taken);
    }

    [Fact]
    [Scenario("X05")]
    public void A_guest_that_ends_its_interrupt_with_the_line_high_gets_it_again()
    {
        var guest = new SwitchedGuest(WaitMethod.Poll);
        int left = 3;
        guest.Handler = g =>
        {
            left--;
            if (left == 0)
            {
                g.Write(VirtualControl, 0);
            }
        };
        guest.Write(VirtualCompareValue, 0);
        guest.Arm();
        Assert.Equal(3, guest.Taken);
    }

    /// <summary>A line that is high and of no interest to the guest holds nobody up.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("X02")]
    public void A_guest_with_its_PPI_disabled_goes_on_and_gets_its_interrupt_when_it_enables_it(WaitMethod way)
    {
        var guest = new SwitchedGuest(way);
        guest.SetPpi(enabled: false);
        guest.Write(VirtualCompareValue, 0);
        guest.Arm();
        guest.Wait(10);
        Assert.Equal(0, guest.Taken);
        Assert.InRange(guest.ForcedExits, 0, 1);
        guest.SetPpi(enabled: true);
        Assert.Equal(1, guest.Taken);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    [Scenario("X02")]
    public void A_line_that_falls_while_its_PPI_is_disabled_leaves_nothing(WaitMethod way)
    {
        var guest = new SwitchedGuest(way);
        guest.SetPpi(enabled: false);
        guest.Write(VirtualCompareValue, 0);
        guest.Arm();
        guest.Wait(1);
        guest.Write(VirtualControl, 0);
        guest.SetPpi(enabled: true);
        Assert.Equal(0, guest.Taken);
        guest.Arm();
        Assert.Equal(1, guest.Taken);
    }
}
