using System.Numerics;

namespace Orrery.Interrupts.Gic.V2;

/// <summary>
/// The SGIs of a GICv2, which exist once for each pair of target and source CPU: up to eight instances of an INTID are
/// pending, and active, independently (IHI 0048 2.2.1, 4.3.16). Bit <c>s</c> of a byte is source CPU <c>s</c>.
/// </summary>
internal sealed class SgiSources(int cpuCount, GicDeviations deviations)
{
    private readonly byte[] _pending = new byte[cpuCount * (int)Intid.SgiCount];
    private readonly byte[] _active = new byte[cpuCount * (int)Intid.SgiCount];

    public ref byte Pending(int cpu, uint sgi) => ref _pending[cpu * (int)Intid.SgiCount + (int)sgi];

    public ref byte Active(int cpu, uint sgi) => ref _active[cpu * (int)Intid.SgiCount + (int)sgi];

    /// <summary>The source that an acknowledge would return: the lowest that is pending and may be signalled; -1 if none.</summary>
    public int NextSource(int cpu, uint sgi)
    {
        uint sources = Deliverable(cpu, sgi);
        return sources == 0 ? -1 : BitOperations.TrailingZeroCount(sources);
    }

    /// <summary>The SGIs of a CPU that have such a source, one bit each.</summary>
    public uint Ready(int cpu)
    {
        uint ready = 0;
        for (uint sgi = 0; sgi < Intid.SgiCount; sgi++)
        {
            ready |= Deliverable(cpu, sgi) != 0 ? 1u << (int)sgi : 0;
        }

        return ready;
    }

    public void CopyFrom(SgiSources other)
    {
        other._pending.CopyTo(_pending.AsSpan());
        other._active.CopyTo(_active.AsSpan());
    }

    public bool StateEquals(SgiSources other) =>
        _pending.AsSpan().SequenceEqual(other._pending) && _active.AsSpan().SequenceEqual(other._active);

    private uint Deliverable(int cpu, uint sgi)
    {
        uint pending = Pending(cpu, sgi);
        uint active = Active(cpu, sgi);
        if (deviations.Has(GicDeviations.ActiveDoesNotGate))
        {
            return pending;
        }

        return deviations.Has(GicDeviations.SgiActiveFromOneSource)
            ? active == 0 ? pending : 0
            : pending & ~active;
    }
}
