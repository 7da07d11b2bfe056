namespace Orrery.Simulation;

/// <summary>
/// An instant of simulated time: nanoseconds since the lab began, below 2^63.
/// <see cref="Never"/> is the latest value; additions saturate there.
/// </summary>
public readonly record struct SimTime : IComparable<SimTime>
{
    internal const ulong MaxNanoseconds = long.MaxValue;

    private SimTime(ulong nanoseconds) => Nanoseconds = nanoseconds;

    /// <summary>The beginning of the lab.</summary>
    public static SimTime Zero => default;

    /// <summary>Later than everything that happens: 2^63 - 1 ns. What is due then never happens.</summary>
    public static SimTime Never => new(MaxNanoseconds);

    /// <summary>Nanoseconds since the lab began, 0 to 2^63 - 1.</summary>
    public ulong Nanoseconds { get; }

    /// <summary>Seconds since the lab began, for display only: a double is exact to 2^53 ns (104 days).</summary>
    public double TotalSeconds => Nanoseconds / 1e9;

    /// <summary>The instant <paramref name="nanoseconds"/> after the beginning; 2^63 - 1 and above are <see cref="Never"/>.</summary>
    public static SimTime FromNanoseconds(ulong nanoseconds) => new(Math.Min(nanoseconds, MaxNanoseconds));

    /// <summary>The instant that long after the beginning.</summary>
    public static SimTime FromSeconds(ulong seconds) => Zero + SimDuration.FromSeconds(seconds);

    /// <summary>The instant that long after the beginning.</summary>
    public static SimTime FromMilliseconds(ulong milliseconds) => Zero + SimDuration.FromMilliseconds(milliseconds);

    /// <summary>The instant that long after the beginning.</summary>
    public static SimTime FromMicroseconds(ulong microseconds) => Zero + SimDuration.FromMicroseconds(microseconds);

    /// <summary>Reads a time since the beginning in the format of <see cref="SimDuration.TryParse"/> ("1.5s").</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SimTime time, out DurationError error)
    {
        bool read = SimDuration.TryParse(text, out SimDuration duration, out error);
        time = Zero + duration;
        return read;
    }

    /// <summary>The earlier of two instants.</summary>
    public static SimTime Min(SimTime a, SimTime b) => a.Nanoseconds < b.Nanoseconds ? a : b;

    /// <summary>The later of two instants.</summary>
    public static SimTime Max(SimTime a, SimTime b) => a.Nanoseconds < b.Nanoseconds ? b : a;

    /// <summary>The instant <paramref name="duration"/> later, at most <see cref="Never"/>.</summary>
    public static SimTime operator +(SimTime time, SimDuration duration) =>
        FromNanoseconds(time.Nanoseconds + duration.Nanoseconds); // both below 2^63: the sum does not wrap

    /// <summary>The time from <paramref name="earlier"/> to <paramref name="later"/>.</summary>
    /// <exception cref="OverflowException">They are the wrong way round.</exception>
    public static SimDuration operator -(SimTime later, SimTime earlier) =>
        SimDuration.FromNanoseconds(checked(later.Nanoseconds - earlier.Nanoseconds));

    /// <summary>Whether <paramref name="a"/> is before <paramref name="b"/>.</summary>
    public static bool operator <(SimTime a, SimTime b) => a.Nanoseconds < b.Nanoseconds;

    /// <summary>Whether <paramref name="a"/> is after <paramref name="b"/>.</summary>
    public static bool operator >(SimTime a, SimTime b) => a.Nanoseconds > b.Nanoseconds;

    /// <summary>Whether <paramref name="a"/> is not after <paramref name="b"/>.</summary>
    public static bool operator <=(SimTime a, SimTime b) => a.Nanoseconds <= b.Nanoseconds;

    /// <summary>Whether <paramref name="a"/> is not before <paramref name="b"/>.</summary>
    public static bool operator >=(SimTime a, SimTime b) => a.Nanoseconds >= b.Nanoseconds;

    /// <inheritdoc/>
    public int CompareTo(SimTime other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>The exact time with the largest unit that keeps it at least 1 ("1.5ms", "0s"), or "never".</summary>
    public override string ToString() => this == Never ? "never" : DurationText.Format(Nanoseconds);
}
