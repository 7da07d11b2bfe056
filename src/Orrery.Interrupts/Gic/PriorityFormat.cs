namespace Orrery.Interrupts.Gic;

/// <summary>
/// How many priority bits are implemented, and what follows from it (IHI 0069 4.8, IHI 0048 3.3). Lower numbers are more
/// urgent; unimplemented low bits read as zero.
/// </summary>
internal readonly record struct PriorityFormat
{
    /// <summary>The priority of a CPU that handles nothing.</summary>
    public const byte Idle = 0xFF;

    public PriorityFormat(int bits)
    {
        Bits = bits;
        Mask = (byte)(0xFF << (8 - bits));
        PreemptionBits = Math.Min(bits, 7);
    }

    /// <summary>Implemented bits: 4 to 8.</summary>
    public int Bits { get; }

    /// <summary>The implemented bits of a priority.</summary>
    public byte Mask { get; }

    /// <summary>Bits that take part in preemption: at most 7.</summary>
    public int PreemptionBits { get; }

    /// <summary>The smallest value of BPR0.</summary>
    public byte MinBinaryPoint0 => (byte)(7 - PreemptionBits);

    /// <summary>The smallest value of BPR1.</summary>
    public byte MinBinaryPoint1 => (byte)(8 - PreemptionBits);

    /// <summary>How many 32-bit active priority registers there are for each group.</summary>
    public int ActiveRegisterCount => Math.Max(1, (1 << PreemptionBits) / 32);

    /// <summary>The bits of an active priority register that exist.</summary>
    public uint ActiveRegisterMask => PreemptionBits >= 5 ? uint.MaxValue : (1u << (1 << PreemptionBits)) - 1;

    /// <summary>The number of the active priority bit of a group priority.</summary>
    public int LevelOf(int groupPriority) => groupPriority >> (8 - PreemptionBits);

    /// <summary>The group priority of an active priority bit.</summary>
    public byte PriorityOf(int level) => (byte)(level << (8 - PreemptionBits));
}
