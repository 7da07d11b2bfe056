using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Timers;
using Xunit;

namespace Orrery.Interrupts.Tests.Timers;

/// <summary>Counter arithmetic, the registers of a timer, and KVM's view of them.</summary>
public class GenericTimerTests
{
    private const TimerControl Enable = TimerControl.Enable;

    [Theory]
    [InlineData(1)]
    [InlineData(19_200_000)]
    [InlineData(62_500_000)]
    [InlineData(24_000_001)]
    [InlineData(1_000_000_000)]
    public void Conversion_is_exact_and_does_not_drift(ulong hertz)
    {
        var rate = new CounterRate(hertz);
        foreach (ulong seconds in (ulong[])[0, 1, 3600, 31_536_000])
        {
            Assert.Equal(seconds * hertz, rate.CountAt(seconds * 1_000_000_000));
        }

        foreach (ulong count in (ulong[])[1, 2, 3, hertz, hertz + 1, 7 * hertz + 3])
        {
            // The first instant of a count: at it the counter shows the count, one nanosecond before it does not.
            ulong instant = rate.InstantOf(count)!.Value;
            Assert.Equal(count, rate.CountAt(instant));
            Assert.Equal(count - 1, rate.CountAt(instant - 1));
        }
    }

    [Fact]
    public void An_instant_beyond_the_range_of_nanoseconds_is_none()
    {
        Assert.Null(new CounterRate(1).InstantOf(ulong.MaxValue));
        Assert.Equal(ulong.MaxValue, new CounterRate(1_000_000_000).InstantOf(ulong.MaxValue));
    }

    [Fact]
    public void The_condition_is_unsigned_and_the_output_obeys_enable_and_mask()
    {
        var timer = new GenericTimer(Enable, 100);
        Assert.False(timer.Output(99));
        Assert.True(timer.Output(100));
        Assert.True(timer.Output(ulong.MaxValue));
        Assert.False((timer with { Control = Enable | TimerControl.Mask }).Output(100));
        Assert.False((timer with { Control = TimerControl.None }).Output(100));
        Assert.False(new GenericTimer(Enable, 1ul << 63).Output(1));
    }

    [Fact]
    public void ISTATUS_ignores_the_mask_and_is_0_while_disabled_except_in_software()
    {
        var timer = new GenericTimer(Enable | TimerControl.Mask, 100);
        Assert.Equal(Enable | TimerControl.Mask | TimerControl.Status, timer.ReadControl(100));
        var off = new GenericTimer(TimerControl.None, 100);
        Assert.Equal(TimerControl.None, off.ReadControl(100));
        Assert.Equal(TimerControl.Status, off.ReadControlOfSoftware(100));
        Assert.Equal(Enable, timer.WithControl(0xFFFF_FFF5).Control);
    }

    [Theory]
    [InlineData(1000, 0xFFFF_FFFFul, 999)]
    [InlineData(1000, 0x7FFF_FFFFul, 1000 + 0x7FFF_FFFFul)]
    [InlineData(1000, 0x8000_0000ul, unchecked(1000 - 0x8000_0000ul))]
    [InlineData(1000, 0xDEAD_0000_0000_0005ul, 1005)]
    [InlineData(0xFFFF_FFFF_FFFF_FFFF, 2ul, 1)]
    public void TVAL_is_the_low_half_sign_extended(ulong count, ulong written, ulong compare)
    {
        GenericTimer timer = default(GenericTimer).WithTimerValue(count, written);
        Assert.Equal(compare, timer.CompareValue);
        Assert.Equal((uint)written, timer.ReadTimerValue(count));
    }

    [Fact]
    public void The_next_change_is_the_compare_value_and_then_the_wrap()
    {
        Assert.Equal(60ul, new GenericTimer(Enable, 100).CountsToChange(40));
        Assert.Equal(1ul, new GenericTimer(Enable, 100).CountsToChange(ulong.MaxValue));
        Assert.Null(new GenericTimer(Enable, 0).CountsToChange(5));
        Assert.Null(new GenericTimer(Enable | TimerControl.Mask, 100).CountsToChange(40));
        Assert.Null(new GenericTimer(TimerControl.None, 100).CountsToChange(40));
    }

    [Fact]
    public void Registers_that_are_read_only_or_unknown_are_errors()
    {
        var timers = new VcpuTimers(new VmCounter(), new CounterRate(62_500_000));
        Assert.Equal(62_500_000ul, timers.ReadRegister(TimerRegister.Frequency, 0).Value);
        Assert.Equal(RegisterErrorKind.ReadOnly, timers.WriteRegister(TimerRegister.VirtualCount, 1, 0).Error.Kind);
        Assert.Equal(RegisterErrorKind.Undefined, timers.ReadRegister((TimerRegister)0xDF13, 0).Error.Kind);
        Assert.Equal(RegisterErrorKind.Undefined, timers.WriteRegister((TimerRegister)0x1234, 0, 0).Error.Kind);
    }

    [Fact]
    public void The_timers_of_a_vCPU_go_on_where_they_were_saved()
    {
        var source = new KvmTimers(new CounterRate(62_500_000), hasGic: true);
        source.CreateVcpu(1000);
        source.SetRegister(0, KvmTimerRegister.VirtualCompareValue, 700, 1500);
        source.SetRegister(0, KvmTimerRegister.VirtualControl, 1, 1500);
        TimerRegisters saved = source.Save(0, 1500);
        Assert.Equal((1ul, 700ul, 500ul), (saved.VirtualControl, saved.VirtualCompareValue, saved.VirtualCount));
        Assert.False(saved.VirtualOutput);

        var destination = new KvmTimers(new CounterRate(62_500_000), hasGic: true);
        VcpuTimers vcpu = destination.CreateVcpu(90_000);
        Assert.Equal(KvmErrno.None, destination.Restore(0, saved, 90_000));
        Assert.Equal(saved, destination.Save(0, 90_000));
        Assert.False(vcpu.Output(TimerKind.Virtual, 90_199));
        Assert.True(vcpu.Output(TimerKind.Virtual, 90_200));
    }

    [Fact]
    public void Saved_timers_that_cannot_be_are_not_restored_in_part()
    {
        var timers = new KvmTimers(new CounterRate(62_500_000), hasGic: true);
        timers.CreateVcpu(1000);
        TimerRegisters before = timers.Save(0, 1000);
        Assert.Equal(KvmErrno.Invalid, timers.Restore(0, new TimerRegisters { VirtualCompareValue = 7, PhysicalControl = 8 }, 1000));
        Assert.Equal(KvmErrno.Invalid, timers.Restore(1, default, 1000));
        Assert.Equal(before, timers.Save(0, 1000));
    }

    [Fact]
    [Scenario("T22")]
    public void Setting_the_count_of_one_vCPU_moves_that_of_all()
    {
        var timers = new KvmTimers(new CounterRate(62_500_000), hasGic: true);
        VcpuTimers first = timers.CreateVcpu(1000);
        timers.CreateVcpu(1000);
        Assert.Equal(500ul, first.ReadRegister(TimerRegister.VirtualCount, 1500).Value);
        Assert.Equal(KvmErrno.None, timers.SetRegister(1, KvmTimerRegister.VirtualCount, 7_000_000, 1500));
        Assert.Equal(7_000_000ul, first.ReadRegister(TimerRegister.VirtualCount, 1500).Value);
        Assert.Equal(1500ul, first.ReadRegister(TimerRegister.PhysicalCount, 1500).Value);
    }

    [Fact]
    [Scenario("T22")]
    public void A_new_vCPU_makes_time_jump_unless_the_offset_is_fixed()
    {
        var timers = new KvmTimers(new CounterRate(62_500_000), hasGic: true);
        VcpuTimers first = timers.CreateVcpu(1000);
        timers.CreateVcpu(5000);
        Assert.Equal(0ul, first.ReadRegister(TimerRegister.VirtualCount, 5000).Value);
    }

    [Fact]
    [Scenario("T23")]
    public void A_fixed_offset_is_out_of_reach_of_the_count()
    {
        var timers = new KvmTimers(new CounterRate(62_500_000), hasGic: true);
        VcpuTimers vcpu = timers.CreateVcpu(1000);
        timers.Counter.Fix(400);
        Assert.Equal(KvmErrno.None, timers.SetRegister(0, KvmTimerRegister.VirtualCount, 1, 1000));
        timers.CreateVcpu(2000);
        Assert.Equal(600ul, vcpu.ReadRegister(TimerRegister.VirtualCount, 1000).Value);
        Assert.Equal(600ul, vcpu.ReadRegister(TimerRegister.PhysicalCount, 1000).Value);
    }

    [Fact]
    [Scenario("T24")]
    public void The_identifiers_of_CVAL_and_CNT_carry_each_others_encodings()
    {
        Assert.Equal(0x6030_0000_0013_DF02ul, (ulong)KvmTimerRegister.VirtualCompareValue);
        Assert.Equal(0x6030_0000_0013_DF1Aul, (ulong)KvmTimerRegister.VirtualCount);
        Assert.Equal(0x6030_0000_0013_DF19ul, (ulong)KvmTimerRegister.VirtualControl);
        Assert.Equal(0x6030_0000_0013_DF12ul, (ulong)KvmTimerRegister.PhysicalCompareValue);

        // Who takes the encodings at their word sets the counter where the compare value was meant.
        var timers = new KvmTimers(new CounterRate(62_500_000), hasGic: true);
        VcpuTimers vcpu = timers.CreateVcpu(0);
        const ulong Prefix = 0x6030_0000_0013_0000;
        timers.SetRegister(0, (KvmTimerRegister)(Prefix | (ulong)TimerRegister.VirtualCompareValue), 99, 1000);
        Assert.Equal(0ul, vcpu[TimerKind.Virtual].CompareValue);
        Assert.Equal(99ul, timers.Counter.VirtualCount(1000));
        timers.SetRegister(0, KvmTimerRegister.VirtualCompareValue, 77, 1000);
        Assert.Equal(77ul, timers.GetRegister(0, KvmTimerRegister.VirtualCompareValue, 1000).Value);
        Assert.Equal(77ul, vcpu[TimerKind.Virtual].CompareValue);
    }

    [Fact]
    public void Registers_of_a_VM_are_as_KVM_shows_them()
    {
        var timers = new KvmTimers(new CounterRate(62_500_000), hasGic: true);
        timers.CreateVcpu(0);
        timers.SetRegister(0, KvmTimerRegister.PhysicalControl, 7, 10);
        timers.SetRegister(0, KvmTimerRegister.PhysicalCompareValue, 5, 10);
        timers.SetRegister(0, KvmTimerRegister.VirtualControl, 0, 10);
        Assert.Equal(7ul, timers.GetRegister(0, KvmTimerRegister.PhysicalControl, 10).Value);
        Assert.Equal(4ul, timers.GetRegister(0, KvmTimerRegister.VirtualControl, 10).Value);
        timers.SetRegister(0, KvmTimerRegister.PhysicalCount, 1, 10);
        Assert.Equal(3ul, timers.GetRegister(0, KvmTimerRegister.PhysicalControl, 10).Value);
        Assert.Equal(KvmErrno.NoEntry, timers.GetRegister(0, 0, 0).Error);
        Assert.Equal(KvmErrno.NoEntry, timers.SetRegister(0, 0, 0, 0));
        Assert.Equal(KvmErrno.Invalid, timers.GetRegister(1, KvmTimerRegister.VirtualCount, 0).Error);
    }

    [Fact]
    [Scenario("R29")]
    public void The_PPI_of_a_timer_is_set_with_a_GIC_before_the_first_run_and_differs_from_the_others()
    {
        var without = new KvmTimers(new CounterRate(62_500_000), hasGic: false);
        Assert.Equal(KvmErrno.Invalid, without.SetPpi(TimerKind.Virtual, 27));
        Assert.Equal(27ul, without.GetPpi(TimerKind.Virtual).Value);

        var timers = new KvmTimers(new CounterRate(62_500_000), hasGic: true);
        Assert.Equal(KvmErrno.Invalid, timers.SetPpi(TimerKind.Virtual, 32));
        Assert.Equal(KvmErrno.None, timers.SetPpi(TimerKind.Virtual, 30));
        Assert.Equal(KvmErrno.Invalid, timers.PrepareRun());
        Assert.Equal(KvmErrno.None, timers.SetPpi(TimerKind.Virtual, 20));
        Assert.Equal(KvmErrno.None, timers.PrepareRun());
        Assert.Equal(KvmErrno.Busy, timers.SetPpi(TimerKind.Virtual, 21));
    }
}
