namespace Orrery.Interrupts.Conformance.Generation;

/// <summary>
/// The random numbers of one generated program: SplitMix64 (Steele, Lea and Flood 2014), so that seed and number name
/// the same program on every machine and in every version of the runtime.
/// </summary>
internal sealed class ProgramRandom
{
    private const ulong Increment = 0x9E37_79B9_7F4A_7C15;
    private ulong _state;

    public ProgramRandom(ulong seed, int program)
    {
        _state = seed;
        _state = Next() ^ ((ulong)program * Increment);
    }

    public ulong Next()
    {
        _state += Increment;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to <paramref name="end"/> - 1.</summary>
    public int Below(int end) => (int)((Next() >> 32) * (ulong)end >> 32);

    /// <summary>A number from <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>True once in <paramref name="times"/> on average.</summary>
    public bool OnceIn(int times) => Below(times) == 0;

    public bool Coin() => (Next() >> 63) != 0;

    public T Pick<T>(ReadOnlySpan<T> from) => from[Below(from.Length)];
}
