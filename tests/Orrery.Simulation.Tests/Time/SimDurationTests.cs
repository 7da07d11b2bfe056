using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Orrery.Simulation.Tests.Time;

public class SimDurationTests
{
    [Theory]
    [InlineData("5ms", 5_000_000)]
    [InlineData("1.5s", 1_500_000_000)]
    [InlineData("100us", 100_000)]
    [InlineData("2min", 120_000_000_000)]
    [InlineData("1h", 3_600_000_000_000)]
    [InlineData(" 7 ns ", 7)]
    [InlineData("0", 0)]
    [InlineData("0.000000001s", 1)]
    [InlineData("000000000000000000000000005ms", 5_000_000)]
    [InlineData("9223372036854775806ns", 9223372036854775806)]
    public void Reads_a_decimal_with_its_unit(string text, ulong nanoseconds)
    {
        Assert.True(SimDuration.TryParse(text, out SimDuration duration, out DurationError error));
        Assert.Equal(nanoseconds, duration.Nanoseconds);
        Assert.Equal(DurationError.None, error);
    }

    [Theory]
    [InlineData("", DurationError.Empty)]
    [InlineData("  ", DurationError.Empty)]
    [InlineData("fast", DurationError.NotANumber)]
    [InlineData("-5ms", DurationError.NotANumber)]
    [InlineData("1.ms", DurationError.NotANumber)]
    [InlineData(".5ms", DurationError.NotANumber)]
    [InlineData("5", DurationError.MissingUnit)]
    [InlineData("5sec", DurationError.UnknownUnit)]
    [InlineData("1e3s", DurationError.UnknownUnit)]
    [InlineData("0.5ns", DurationError.TooPrecise)]
    [InlineData("0.0000000000000001h", DurationError.TooPrecise)]
    [InlineData("9223372036854775807ns", DurationError.TooLong)]
    [InlineData("9223372036.854775807s", DurationError.TooLong)]
    [InlineData("9999999999999999999.9999999999h", DurationError.TooLong)]
    [InlineData("100000000000000000000ns", DurationError.TooLong)]
    public void Says_why_a_text_is_none(string text, DurationError expected)
    {
        Assert.False(SimDuration.TryParse(text, out SimDuration duration, out DurationError error));
        Assert.Equal(expected, error);
        Assert.Equal(SimDuration.Zero, duration);
        Assert.StartsWith("expected ", error.Expected(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(1, "1ns")]
    [InlineData(1_500, "1.5us")]
    [InlineData(5_000_000, "5ms")]
    [InlineData(1_000_000_001, "1.000000001s")]
    [InlineData(3_600_000_000_000, "3600s")]
    public void Writes_exactly_in_the_largest_fitting_unit(ulong nanoseconds, string text) =>
        Assert.Equal(text, SimDuration.FromNanoseconds(nanoseconds).ToString());

    [Fact]
    public void What_is_written_reads_back() => Prop.ForAll(
        ArbMap.Default.ArbFor<ulong>(),
        value =>
        {
            SimDuration duration = SimDuration.FromNanoseconds(value);
            return duration == SimDuration.Infinite
                || (SimDuration.TryParse(duration.ToString(), out SimDuration read, out _) && read == duration);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_read_or_refused() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonNull<string>>(),
        text => SimDuration.TryParse(text.Get, out _, out DurationError error) == (error == DurationError.None))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void Arithmetic_saturates()
    {
        Assert.Equal(SimDuration.Infinite, SimDuration.Infinite + SimDuration.FromNanoseconds(1));
        Assert.Equal(SimDuration.Infinite, SimDuration.Infinite * 3);
        Assert.Equal(SimDuration.Infinite, SimDuration.FromSeconds(ulong.MaxValue));
        Assert.Equal(SimTime.Never, SimTime.Never + SimDuration.Infinite);
        Assert.Equal(SimTime.Never, SimTime.FromNanoseconds(ulong.MaxValue));
        Assert.Equal("never", SimTime.Never.ToString());
        Assert.Throws<OverflowException>(() => SimTime.Zero - SimTime.FromNanoseconds(1));
        Assert.Throws<OverflowException>(() => SimDuration.Zero - SimDuration.FromNanoseconds(1));
    }
}
