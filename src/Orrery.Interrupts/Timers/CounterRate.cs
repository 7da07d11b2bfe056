namespace Orrery.Interrupts.Timers;

/// <summary>
/// The frequency of a system counter, and the exact relation between nanoseconds and counts: a pure function of the
/// instant, never a sum of rounded steps, so that it cannot drift.
/// </summary>
public readonly record struct CounterRate
{
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    /// <summary>A counter that starts at 0 at instant 0.</summary>
    /// <param name="hertz">Counts per second: 1 Hz to 1 GHz (DDI 0487 D12.1.1; usual are 62.5 MHz and 1 GHz).</param>
    public CounterRate(ulong hertz)
    {
        ArgumentOutOfRangeException.ThrowIfZero(hertz);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hertz, NanosecondsPerSecond);
        Hertz = hertz;
    }

    /// <summary>Counts per second; what CNTFRQ_EL0 reads.</summary>
    public ulong Hertz { get; }

    /// <summary>How often the counter has advanced at an instant.</summary>
    /// <param name="nanoseconds">The instant.</param>
    public ulong CountAt(ulong nanoseconds) => (ulong)((UInt128)nanoseconds * Hertz / NanosecondsPerSecond);

    /// <summary>
    /// The first instant, in nanoseconds, at which the counter has advanced <paramref name="count"/> times; null if that
    /// lies beyond 2^64 nanoseconds.
    /// </summary>
    public ulong? InstantOf(ulong count)
    {
        UInt128 instant = ((UInt128)count * NanosecondsPerSecond + (Hertz - 1)) / Hertz;
        return instant <= ulong.MaxValue ? (ulong)instant : null;
    }
}
