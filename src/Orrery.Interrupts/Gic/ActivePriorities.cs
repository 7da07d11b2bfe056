using System.Numerics;

namespace Orrery.Interrupts.Gic;

/// <summary>
/// The active priority registers of one group (AP0R or AP1R): one bit for each preemption level at which the CPU has
/// acknowledged an interrupt and not yet dropped the priority. A plain value.
/// </summary>
internal struct ActivePriorities : IEquatable<ActivePriorities>
{
    /// <summary>What <see cref="Lowest"/> says when no bit is set: one past the last level.</summary>
    public const int NoLevel = 128;

    private ulong _low;
    private ulong _high;

    /// <summary>The most urgent active level, or <see cref="NoLevel"/>.</summary>
    public readonly int Lowest =>
        _low != 0 ? BitOperations.TrailingZeroCount(_low)
        : _high != 0 ? 64 + BitOperations.TrailingZeroCount(_high)
        : NoLevel;

    /// <summary>Whether no level is active.</summary>
    public readonly bool IsEmpty => (_low | _high) == 0;

    public void Set(int level) => Half(level) |= 1UL << (level & 63);

    public void Clear(int level) => Half(level) &= ~(1UL << (level & 63));

    /// <summary>Register <paramref name="index"/> (0 to 3) of the four.</summary>
    public readonly uint Register(int index) => (uint)((index < 2 ? _low : _high) >> ((index & 1) * 32));

    /// <summary>Replaces register <paramref name="index"/> (0 to 3).</summary>
    public void SetRegister(int index, uint value)
    {
        int shift = (index & 1) * 32;
        ref ulong half = ref Half(index * 32);
        half = (half & ~(0xFFFF_FFFFUL << shift)) | ((ulong)value << shift);
    }

    public readonly bool Equals(ActivePriorities other) => _low == other._low && _high == other._high;

    public override readonly bool Equals(object? obj) => obj is ActivePriorities other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(_low, _high);

    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    private ref ulong Half(int level) => ref level < 64 ? ref _low : ref _high;
}
