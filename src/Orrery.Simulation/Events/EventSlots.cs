using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Orrery.Simulation;

/// <summary>What belongs to a pending event beside its key. It never moves, so that a handle finds it.</summary>
internal struct EventSlot
{
    internal IEventHandler? Handler; // null: free or cancelled
    internal ulong Argument;
    internal ulong Sequence;
    internal uint Rank;
    internal int NextFree;
}

/// <summary>The slots of a queue's events, with a list of free ones.</summary>
internal sealed class EventSlots
{
    private const int None = -1;

    private EventSlot[] _slots = new EventSlot[64];
    private int _count;
    private int _free = None;

    internal ref EventSlot this[int index] => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_slots), index);

    /// <summary>Whether they are too many for the first-level cache of a processor.</summary>
    internal bool AreMany => _count > 1024;

    /// <summary>Whether there is such a slot, free or not.</summary>
    internal bool Has(int index) => (uint)index < (uint)_count;

    internal int Take()
    {
        int index = _free;
        if (index == None)
        {
            return Grow();
        }

        _free = this[index].NextFree;
        return index;
    }

    internal void Free(int index)
    {
        this[index].NextFree = _free;
        _free = index;
    }

    /// <summary>Brings a slot near that is needed soon.</summary>
    internal unsafe void Prefetch(int index)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref this[index])); // no access: a stale address does no harm
        }
    }

    /// <summary>Whether <paramref name="a"/> comes before <paramref name="b"/> in the total order of events.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool IsBefore(in EventKey a, in EventKey b) =>
        a.Time != b.Time ? a.Time < b.Time
        : a.Rank != b.Rank ? a.Rank < b.Rank
        : this[a.Slot].Sequence < this[b.Slot].Sequence;

    private int Grow()
    {
        if (_count == _slots.Length)
        {
            if (_count >= EventQueue.CountMax)
            {
                throw new InvalidOperationException($"More than {EventQueue.CountMax} events are pending in one timeline.");
            }

            Array.Resize(ref _slots, _count * 2);
        }

        return _count++;
    }
}
