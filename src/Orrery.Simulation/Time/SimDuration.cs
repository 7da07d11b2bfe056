namespace Orrery.Simulation;

/// <summary>
/// A length of simulated time in nanoseconds, below 2^63. <see cref="Infinite"/> is the longest value; additions and
/// multiplications saturate there.
/// </summary>
public readonly record struct SimDuration : IComparable<SimDuration>
{
    private SimDuration(ulong nanoseconds) => Nanoseconds = nanoseconds;

    /// <summary>No time at all.</summary>
    public static SimDuration Zero => default;

    /// <summary>Longer than everything: 2^63 - 1 ns.</summary>
    public static SimDuration Infinite => new(SimTime.MaxNanoseconds);

    /// <summary>Length in nanoseconds, 0 to 2^63 - 1.</summary>
    public ulong Nanoseconds { get; }

    /// <summary>Length in seconds, for display only: a double is exact to 2^53 ns (104 days).</summary>
    public double TotalSeconds => Nanoseconds / 1e9;

    /// <summary>A length in nanoseconds; 2^63 - 1 and above are <see cref="Infinite"/>.</summary>
    public static SimDuration FromNanoseconds(ulong nanoseconds) => new(Math.Min(nanoseconds, SimTime.MaxNanoseconds));

    /// <summary>A length in microseconds.</summary>
    public static SimDuration FromMicroseconds(ulong microseconds) => FromNanoseconds(1_000) * microseconds;

    /// <summary>A length in milliseconds.</summary>
    public static SimDuration FromMilliseconds(ulong milliseconds) => FromNanoseconds(1_000_000) * milliseconds;

    /// <summary>A length in seconds.</summary>
    public static SimDuration FromSeconds(ulong seconds) => FromNanoseconds(1_000_000_000) * seconds;

    /// <summary>A length in hours.</summary>
    public static SimDuration FromHours(ulong hours) => FromSeconds(3600) * hours;

    /// <summary>
    /// Reads an exact decimal with its unit: "5ms", "1.5s", "100us", "2min", "1h" (units ns, us, ms, s, min, h).
    /// A bare "0" needs no unit. Spaces around and before the unit are allowed.
    /// </summary>
    /// <returns>Whether <paramref name="text"/> is a duration; if not, <paramref name="error"/> says why.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out SimDuration duration, out DurationError error)
    {
        error = DurationText.Parse(text, out ulong nanoseconds);
        duration = new SimDuration(nanoseconds);
        return error == DurationError.None;
    }

    /// <summary>The shorter of two lengths.</summary>
    public static SimDuration Min(SimDuration a, SimDuration b) => a.Nanoseconds < b.Nanoseconds ? a : b;

    /// <summary>The longer of two lengths.</summary>
    public static SimDuration Max(SimDuration a, SimDuration b) => a.Nanoseconds < b.Nanoseconds ? b : a;

    /// <summary>The sum, at most <see cref="Infinite"/>.</summary>
    public static SimDuration operator +(SimDuration a, SimDuration b) => FromNanoseconds(a.Nanoseconds + b.Nanoseconds);

    /// <summary>The difference.</summary>
    /// <exception cref="OverflowException"><paramref name="b"/> is longer.</exception>
    public static SimDuration operator -(SimDuration a, SimDuration b) => new(checked(a.Nanoseconds - b.Nanoseconds));

    /// <summary>The multiple, at most <see cref="Infinite"/>.</summary>
    public static SimDuration operator *(SimDuration duration, ulong factor)
    {
        ulong high = Math.BigMul(duration.Nanoseconds, factor, out ulong low);
        return high != 0 ? Infinite : FromNanoseconds(low);
    }

    /// <summary>Whether <paramref name="a"/> is shorter than <paramref name="b"/>.</summary>
    public static bool operator <(SimDuration a, SimDuration b) => a.Nanoseconds < b.Nanoseconds;

    /// <summary>Whether <paramref name="a"/> is longer than <paramref name="b"/>.</summary>
    public static bool operator >(SimDuration a, SimDuration b) => a.Nanoseconds > b.Nanoseconds;

    /// <summary>Whether <paramref name="a"/> is not longer than <paramref name="b"/>.</summary>
    public static bool operator <=(SimDuration a, SimDuration b) => a.Nanoseconds <= b.Nanoseconds;

    /// <summary>Whether <paramref name="a"/> is not shorter than <paramref name="b"/>.</summary>
    public static bool operator >=(SimDuration a, SimDuration b) => a.Nanoseconds >= b.Nanoseconds;

    /// <inheritdoc/>
    public int CompareTo(SimDuration other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>The exact length with the largest unit that keeps it at least 1 ("1.5ms", "0s"), or "infinite".</summary>
    public override string ToString() => this == Infinite ? "infinite" : DurationText.Format(Nanoseconds);
}
