using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orrery.Simulation;

/// <summary>
/// Pending events, taken in the total order (time, priority, origin, sequence). Allocates nothing once it has grown to the
/// number of events that are pending at once; adding and taking cost O(log n), cancelling O(1).
/// </summary>
/// <remarks>
/// A 4-ary heap of 16-byte keys (the four children of a node share a cache line) beside a table of slots that hold the rest
/// of each event and never move. A key carries everything that decides the order but the sequence number, which is looked up
/// in the slots when time, priority and origin are equal. A cancelled event loses its handler at once and its key when it
/// reaches the top, or when cancelled keys outnumber the others.
/// </remarks>
public sealed class EventQueue
{
    /// <summary>More pending events than this are refused.</summary>
    public const int CountMax = 1 << 28;

    private const int Arity = 4;
    private const int CancelledMin = 64;
    private const int NoSlot = -1;

    private Key[] _keys = new Key[64];
    private Slot[] _slots = new Slot[64];
    private int _keyCount;
    private int _cancelledCount;
    private int _slotCount;
    private int _freeSlot = NoSlot;

    /// <summary>Events that are pending.</summary>
    public int Count => _keyCount - _cancelledCount;

    /// <summary>When the first pending event is due, or <see cref="SimTime.Never"/>.</summary>
    public SimTime NextTime => SimTime.FromNanoseconds(NextNanoseconds);

    // The top key is never a cancelled one.
    internal ulong NextNanoseconds => _keyCount == 0 ? SimTime.MaxNanoseconds : _keys[0].Time;

    /// <summary>Adds an event of <paramref name="origin"/>, which numbers it.</summary>
    /// <returns>A handle to cancel or reschedule it.</returns>
    /// <exception cref="InvalidOperationException"><see cref="CountMax"/> events are pending.</exception>
    public EventHandle Add(SimTime due, EventPriority priority, Origin origin, IEventHandler handler, ulong argument) =>
        Add(due.Nanoseconds, RankOf(priority, origin.Id), origin.NextSequence++, handler, argument);

    /// <summary>Whether the event is still pending.</summary>
    public bool Contains(EventHandle handle)
    {
        if ((uint)handle.Slot >= (uint)_slotCount)
        {
            return false;
        }

        ref Slot slot = ref _slots[handle.Slot];
        return slot.Handler is not null && slot.Rank == handle.Rank && slot.Sequence == handle.Sequence;
    }

    /// <summary>Removes a pending event.</summary>
    /// <returns>False when it is no longer pending: it has run or was cancelled.</returns>
    public bool Cancel(EventHandle handle)
    {
        if (!Contains(handle))
        {
            return false;
        }

        _slots[handle.Slot].Handler = null;
        _cancelledCount++;
        if (_keys[0].Slot == handle.Slot)
        {
            DropCancelledTop();
        }
        else if (_cancelledCount >= CancelledMin && _cancelledCount > _keyCount / 2)
        {
            DropAllCancelled();
        }

        return true;
    }

    /// <summary>Moves a pending event to another time; it keeps its priority, origin and sequence number.</summary>
    /// <returns>The handle that replaces <paramref name="handle"/>, or <see cref="EventHandle.None"/> when the event is no longer pending.</returns>
    public EventHandle Reschedule(EventHandle handle, SimTime due)
    {
        if (!Contains(handle))
        {
            return EventHandle.None;
        }

        Slot slot = _slots[handle.Slot];
        Cancel(handle);
        return Add(due.Nanoseconds, slot.Rank, slot.Sequence, slot.Handler!, slot.Argument);
    }

    internal static uint RankOf(EventPriority priority, uint origin) => ((uint)priority << 28) | origin;

    internal static EventPriority PriorityOf(uint rank) => (EventPriority)(rank >> 28);

    internal static uint OriginOf(uint rank) => rank & ((1u << 28) - 1);

    internal EventHandle Add(ulong due, uint rank, ulong sequence, IEventHandler handler, ulong argument)
    {
        int index = TakeSlot();
        ref Slot slot = ref _slots[index];
        slot.Handler = handler;
        slot.Argument = argument;
        slot.Sequence = sequence;
        slot.Rank = rank;
        if (_keyCount == _keys.Length)
        {
            Array.Resize(ref _keys, _keyCount * 2);
        }

        RiseFrom(_keyCount++, new Key { Time = due, Rank = rank, Slot = index });
        return new EventHandle(index, rank, sequence);
    }

    /// <summary>Takes the first event if it is due before <paramref name="limit"/> (nanoseconds).</summary>
    internal bool TryTake(ulong limit, out ulong due, [NotNullWhen(true)] out IEventHandler? handler, out ulong argument)
    {
        if (NextNanoseconds >= limit)
        {
            (due, handler, argument) = (0, null, 0);
            return false;
        }

        Key key = _keys[0];
        ref Slot slot = ref _slots[key.Slot];
        due = key.Time;
        handler = slot.Handler!;
        argument = slot.Argument;
        slot.Handler = null;
        RemoveTop();
        if (_cancelledCount != 0)
        {
            DropCancelledTop();
        }

        return true;
    }

    /// <summary>Every pending event, in no particular order.</summary>
    internal IEnumerable<(ulong Due, uint Rank, ulong Sequence, IEventHandler Handler, ulong Argument)> Pending()
    {
        for (int i = 0; i < _keyCount; i++)
        {
            Slot slot = _slots[_keys[i].Slot];
            if (slot.Handler is not null)
            {
                yield return (_keys[i].Time, slot.Rank, slot.Sequence, slot.Handler, slot.Argument);
            }
        }
    }

    private int TakeSlot()
    {
        int index = _freeSlot;
        if (index != NoSlot)
        {
            _freeSlot = _slots[index].NextFree;
            return index;
        }

        if (_slotCount == _slots.Length)
        {
            if (_slotCount >= CountMax)
            {
                throw new InvalidOperationException($"More than {CountMax} events are pending in one timeline.");
            }

            Array.Resize(ref _slots, _slotCount * 2);
        }

        return _slotCount++;
    }

    private void FreeSlot(int index)
    {
        _slots[index].NextFree = _freeSlot;
        _freeSlot = index;
    }

    /// <summary>Removes the top key and frees its slot.</summary>
    private void RemoveTop()
    {
        FreeSlot(_keys[0].Slot);
        int last = --_keyCount;
        if (last == 0)
        {
            return;
        }

        // The last key almost always belongs near the bottom: let the hole sink to a leaf without looking at it, then let
        // it rise. This saves a comparison per level.
        Key key = _keys[last];
        RiseFrom(SinkHole(0, last), key);
    }

    private void DropCancelledTop()
    {
        while (_keyCount != 0 && _slots[_keys[0].Slot].Handler is null)
        {
            _cancelledCount--;
            RemoveTop();
        }
    }

    private void DropAllCancelled()
    {
        int kept = 0;
        for (int i = 0; i < _keyCount; i++)
        {
            if (_slots[_keys[i].Slot].Handler is null)
            {
                FreeSlot(_keys[i].Slot);
            }
            else
            {
                _keys[kept++] = _keys[i];
            }
        }

        _keyCount = kept;
        _cancelledCount = 0;
        for (int i = (kept - 2) / Arity; i >= 0 && kept > 1; i--)
        {
            Key key = _keys[i];
            RiseFrom(SinkHole(i, kept), key, i);
        }
    }

    /// <summary>Moves the hole at <paramref name="hole"/> down along the smallest children to a leaf, and returns the leaf.</summary>
    private int SinkHole(int hole, int count)
    {
        ref Key keys = ref MemoryMarshal.GetArrayDataReference(_keys);
        while (true)
        {
            int child = (hole * Arity) + 1;
            if (child >= count)
            {
                return hole;
            }

            int best = child;
            int end = Math.Min(child + Arity, count);
            for (int other = child + 1; other < end; other++)
            {
                if (IsBefore(in Unsafe.Add(ref keys, other), in Unsafe.Add(ref keys, best)))
                {
                    best = other;
                }
            }

            Unsafe.Add(ref keys, hole) = Unsafe.Add(ref keys, best);
            hole = best;
        }
    }

    /// <summary>Puts <paramref name="key"/> into the hole at <paramref name="hole"/> or above it, not above <paramref name="top"/>.</summary>
    private void RiseFrom(int hole, Key key, int top = 0)
    {
        ref Key keys = ref MemoryMarshal.GetArrayDataReference(_keys);
        while (hole > top)
        {
            int parent = (hole - 1) / Arity;
            if (!IsBefore(in key, in Unsafe.Add(ref keys, parent)))
            {
                break;
            }

            Unsafe.Add(ref keys, hole) = Unsafe.Add(ref keys, parent);
            hole = parent;
        }

        Unsafe.Add(ref keys, hole) = key;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsBefore(in Key a, in Key b) =>
        a.Time != b.Time ? a.Time < b.Time
        : a.Rank != b.Rank ? a.Rank < b.Rank
        : _slots[a.Slot].Sequence < _slots[b.Slot].Sequence;

    private struct Key
    {
        public ulong Time;
        public uint Rank;
        public int Slot;
    }

    private struct Slot
    {
        public IEventHandler? Handler; // null: free or cancelled
        public ulong Argument;
        public ulong Sequence;
        public uint Rank;
        public int NextFree;
    }
}
