namespace Orrery.Interrupts.Gic;

/// <summary>The most urgent interrupt that could be signalled to a CPU, before mask and preemption are looked at.</summary>
/// <remarks>One word, [7:0] priority, [8] group, [63:32] INTID: it is passed in a register, not put together in memory.</remarks>
internal readonly struct Candidate(uint intid, byte priority, bool group1)
{
    private readonly ulong _word = (ulong)intid << 32 | (group1 ? 1UL << 8 : 0) | priority;

    public static Candidate None => new(Gic.Intid.Spurious, PriorityFormat.Idle, false);

    /// <summary><see cref="Gic.Intid.Spurious"/> when there is none.</summary>
    public uint Intid => (uint)(_word >> 32);

    /// <summary>Its priority.</summary>
    public byte Priority => (byte)_word;

    /// <summary>Whether it is in group 1.</summary>
    public bool Group1 => (_word >> 8 & 1) != 0;

    public bool Exists => Intid != Gic.Intid.Spurious;
}
