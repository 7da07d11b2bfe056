namespace Orrery.Interrupts.Conformance.Generation;

/// <summary>
/// One of the few interrupts that a generated program plays with. Each has a lane of priorities of its own, because
/// which of two equally urgent interrupts comes first is left to the implementation (IHI 0069 4.8.3) and would only
/// hide real differences.
/// </summary>
/// <param name="Intid">The interrupt.</param>
/// <param name="Lane">0 to <see cref="LaneCount"/> - 1.</param>
internal readonly record struct PoolInterrupt(uint Intid, int Lane)
{
    public const int LaneCount = 8;

    // KVM has 32 priorities: the upper five bits of a byte.
    private const int PriorityShift = 3;
    private const int Levels = 32 / LaneCount;

    public bool IsSgi => Intid < 16;

    public bool IsPrivate => Intid < 32;

    /// <summary>The interrupt's bit in a register of one bit each.</summary>
    public uint Bit => 1u << (int)(Intid & 31);

    /// <summary>One of the lane's priorities.</summary>
    public byte Priority(ProgramRandom random) => (byte)((random.Below(Levels) * LaneCount + Lane) << PriorityShift);
}
