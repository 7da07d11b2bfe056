using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Orrery.Simulation;

/// <summary>The state of a <see cref="RandomStream"/>, for checkpoints: four words, not all zero.</summary>
public readonly record struct RandomState(ulong Word0, ulong Word1, ulong Word2, ulong Word3);

/// <summary>
/// A stream of pseudo-random numbers that depends on the lab's seed and the stream's name only: what one stream draws never
/// changes what another gives. The same in every version (a golden test says so).
/// </summary>
/// <remarks>
/// xoshiro256** 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021). Its state is the first
/// four outputs of SplitMix64 that starts at seed + 0x9E3779B97F4A7C15 * FNV-1a-64(name in UTF-8), modulo 2^64.
/// Not for secrets.
/// </remarks>
public sealed class RandomStream
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>The stream of that name for that seed, from its beginning.</summary>
    public RandomStream(ulong seed, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Name = name;
        ulong state = unchecked(seed + (GoldenGamma * Fnv1a(name)));
        _s0 = SplitMix(ref state);
        _s1 = SplitMix(ref state);
        _s2 = SplitMix(ref state);
        _s3 = SplitMix(ref state);
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>Where the stream stands.</summary>
    public RandomState State => new(_s0, _s1, _s2, _s3);

    /// <summary>Continues from a saved state.</summary>
    /// <returns>False, and nothing changed, when no stream can be in that state (all zero).</returns>
    public bool TryRestore(RandomState state)
    {
        if ((state.Word0 | state.Word1 | state.Word2 | state.Word3) == 0)
        {
            return false;
        }

        (_s0, _s1, _s2, _s3) = (state.Word0, state.Word1, state.Word2, state.Word3);
        return true;
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        unchecked
        {
            ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
            ulong shifted = _s1 << 17;
            _s2 ^= _s0;
            _s3 ^= _s1;
            _s1 ^= _s2;
            _s0 ^= _s3;
            _s2 ^= shifted;
            _s3 = BitOperations.RotateLeft(_s3, 45);
            return result;
        }
    }

    /// <summary>A number from 0 to <paramref name="bound"/> - 1, all equally likely.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is 0.</exception>
    public ulong NextBelow(ulong bound)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bound);
        // Lemire, "Fast Random Integer Generation in an Interval", 2019: the high half of a product, retried where biased.
        ulong threshold = unchecked(0 - bound) % bound;
        ulong high;
        ulong low;
        do
        {
            high = Math.BigMul(NextUInt64(), bound, out low);
        }
        while (low < threshold);
        return high;
    }

    /// <summary>A number in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1ul << 53));

    /// <summary>True with the given probability (0 or less: never, 1 or more: always).</summary>
    public bool NextBool(double probability) => NextDouble() < probability;

    /// <summary>A duration from 0 to <paramref name="max"/>, inclusive, all equally likely.</summary>
    public SimDuration NextDuration(SimDuration max) => SimDuration.FromNanoseconds(NextBelow(max.Nanoseconds + 1));

    /// <summary>Fills <paramref name="bytes"/> with random ones.</summary>
    public void Fill(Span<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, NextUInt64());
            bytes = bytes[sizeof(ulong)..];
        }

        if (!bytes.IsEmpty)
        {
            Span<byte> last = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(last, NextUInt64());
            last[..bytes.Length].CopyTo(bytes);
        }
    }

    private static ulong Fnv1a(string name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte value in Encoding.UTF8.GetBytes(name))
        {
            hash = unchecked((hash ^ value) * 0x100000001B3);
        }

        return hash;
    }

    private static ulong SplitMix(ref ulong state)
    {
        unchecked
        {
            state += GoldenGamma;
            ulong mixed = state;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return mixed ^ (mixed >> 31);
        }
    }
}
