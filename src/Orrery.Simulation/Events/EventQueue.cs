using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Orrery.Simulation;

/// <summary>
/// Pending events, taken in the total order (time, priority, origin, sequence). Nothing is allocated once the queue has grown
/// to the number of events that are pending at once. Adding and taking cost a constant when times are spread, O(log n) when
/// they crowd; cancelling costs a constant.
/// </summary>
/// <remarks>
/// Events wait in a wheel, roughly sorted. The earliest are taken out of it a few at a time into a sorted run. What is added
/// later but is due before the end of that run goes to a heap beside it. When most events end up there, or most are cancelled,
/// everything is sorted anew. A cancelled event loses its handler at once, and its key then or when its turn comes.
/// </remarks>
public sealed class EventQueue
{
    /// <summary>More pending events than this are refused.</summary>
    public const int CountMax = 1 << 26;

    private const int RebuildMin = 64;

    private readonly EventSlots _slots = new();
    private readonly EventWheel _wheel = new(); // due after its Base
    private readonly EventRun _run; // due up to the wheel's Base
    private readonly EventHeap _late; // due up to the wheel's Base
    private EventKey[] _taken = [];
    private int _keyCount;
    private int _cancelledCount;

    /// <summary>An empty queue.</summary>
    public EventQueue()
    {
        _run = new EventRun(_slots);
        _late = new EventHeap(_slots);
    }

    /// <summary>Events that are pending.</summary>
    public int Count => _keyCount - _cancelledCount;

    /// <summary>When the first pending event is due, or <see cref="SimTime.Never"/>.</summary>
    public SimTime NextTime => SimTime.FromNanoseconds(NextNanoseconds);

    internal ulong NextNanoseconds => FindFirst(out bool isLate) ? First(isLate).Time : SimTime.MaxNanoseconds;

    /// <summary>Adds an event of <paramref name="origin"/>, which numbers it.</summary>
    /// <returns>A handle to cancel or reschedule it.</returns>
    /// <exception cref="InvalidOperationException"><see cref="CountMax"/> events are pending.</exception>
    public EventHandle Add(SimTime due, EventPriority priority, Origin origin, IEventHandler handler, ulong argument) =>
        Add(due.Nanoseconds, EventRank.Of(priority, origin.Id), origin.NextSequence++, handler, argument);

    /// <summary>Whether the event is still pending.</summary>
    public bool Contains(EventHandle handle)
    {
        if (!_slots.Has(handle.Slot))
        {
            return false;
        }

        ref EventSlot slot = ref _slots[handle.Slot];
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
        if (_cancelledCount >= RebuildMin && _cancelledCount > _keyCount / 2)
        {
            Rebuild();
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

        EventSlot slot = _slots[handle.Slot];
        Cancel(handle);
        return Add(due.Nanoseconds, slot.Rank, slot.Sequence, slot.Handler!, slot.Argument);
    }

    internal EventHandle Add(ulong due, uint rank, ulong sequence, IEventHandler handler, ulong argument)
    {
        int index = _slots.Take();
        ref EventSlot slot = ref _slots[index];
        slot.Handler = handler;
        slot.Argument = argument;
        slot.Sequence = sequence;
        slot.Rank = rank;
        _keyCount++;
        AddKey(new EventKey(due, rank, index));
        return new EventHandle(index, rank, sequence);
    }

    /// <summary>Takes the first event if it is due before <paramref name="limit"/> (nanoseconds).</summary>
    internal bool TryTake(ulong limit, out ulong due, [NotNullWhen(true)] out IEventHandler? handler, out ulong argument)
    {
        EventKey key;
        if (!FindFirst(out bool isLate) || (key = First(isLate)).Time >= limit)
        {
            (due, handler, argument) = (0, null, 0);
            return false;
        }

        ref EventSlot slot = ref _slots[key.Slot];
        due = key.Time;
        handler = slot.Handler!;
        argument = slot.Argument;
        slot.Handler = null;
        RemoveFirst(isLate, key.Slot);
        return true;
    }

    /// <summary>Forgets all events.</summary>
    internal void Clear()
    {
        foreach (EventKey key in TakeAllKeys())
        {
            _slots[key.Slot].Handler = null;
            _slots.Free(key.Slot);
        }

        (_keyCount, _cancelledCount) = (0, 0);
        _wheel.Restart(0);
    }

    /// <summary>Every pending event, in no particular order.</summary>
    internal List<Message> Pending()
    {
        var events = new List<Message>(Count);
        foreach (EventKey key in Rebuild())
        {
            ref EventSlot slot = ref _slots[key.Slot];
            events.Add(new Message(key.Time, slot.Rank, slot.Sequence, slot.Handler!, slot.Argument));
        }

        return events;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddKey(EventKey key)
    {
        if (key.Time <= _wheel.Base)
        {
            AddLate(key);
        }
        else
        {
            _wheel.Add(key);
        }
    }

    private void AddLate(EventKey key)
    {
        _late.Add(key);
        if (_late.Count >= RebuildMin && _late.Count > _keyCount / 2 && _wheel.Base > _late.Top.Time)
        {
            Rebuild();
        }
    }

    /// <summary>Finds out where the first event is: on top of the heap of late ones, or at the head of the run.</summary>
    /// <returns>False when no event is pending.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool FindFirst(out bool isLate)
    {
        isLate = false;
        if (_late.Count == 0 && !_run.IsEmpty && _cancelledCount == 0)
        {
            return true;
        }

        return FindFirstSlowly(out isLate);
    }

    private bool FindFirstSlowly(out bool isLate)
    {
        isLate = false;
        while (_keyCount != 0)
        {
            if (_run.IsEmpty && _late.Count == 0)
            {
                _wheel.TakeFirst(_run, _late);
            }

            isLate = _run.IsEmpty || (_late.Count != 0 && _slots.IsBefore(in _late.Top, in _run.First));
            int slot = First(isLate).Slot;
            if (_cancelledCount == 0 || _slots[slot].Handler is not null)
            {
                return true;
            }

            _cancelledCount--;
            RemoveFirst(isLate, slot);
        }

        return false;
    }

    private EventKey First(bool isLate) => isLate ? _late.Top : _run.First;

    private void RemoveFirst(bool isLate, int slot)
    {
        _keyCount--;
        _slots.Free(slot);
        if (isLate)
        {
            _late.RemoveTop();
        }
        else
        {
            _run.RemoveFirst();
        }
    }

    /// <summary>Takes all keys out, drops those of cancelled events, and sorts the others in again.</summary>
    /// <returns>The keys that are left, until the next call.</returns>
    private ReadOnlySpan<EventKey> Rebuild()
    {
        Span<EventKey> keys = TakeAllKeys();
        ulong start = SimTime.MaxNanoseconds;
        int kept = 0;
        foreach (EventKey key in keys)
        {
            if (_slots[key.Slot].Handler is null)
            {
                _slots.Free(key.Slot);
                continue;
            }

            keys[kept++] = key;
            start = Math.Min(start, key.Time);
        }

        keys = keys[..kept];
        (_keyCount, _cancelledCount) = (kept, 0);
        _wheel.Restart(kept == 0 ? 0 : start);
        foreach (ref readonly EventKey key in keys)
        {
            AddKey(key);
        }

        return keys;
    }

    private Span<EventKey> TakeAllKeys()
    {
        if (_taken.Length < _keyCount)
        {
            _taken = new EventKey[Math.Max(_keyCount, 2 * _taken.Length)];
        }

        _run.Keys.CopyTo(_taken);
        _late.Keys.CopyTo(_taken.AsSpan(_run.Keys.Length));
        _wheel.MoveTo(_taken.AsSpan(_run.Keys.Length + _late.Count));
        _run.Clear();
        _late.Clear();
        return _taken.AsSpan(0, _keyCount);
    }
}
