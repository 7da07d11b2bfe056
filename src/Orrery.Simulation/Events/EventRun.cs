using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orrery.Simulation;

/// <summary>The earliest keys of a queue, sorted; a few at a time.</summary>
internal sealed class EventRun(EventSlots slots)
{
    /// <summary>How many keys fit.</summary>
    internal const int CountMax = 1 << CountBits;

    private const int CountBits = 7;
    private const int SortedByVectorsMin = 5;

    private readonly EventKey[] _keys = new EventKey[CountMax];
    private readonly long[] _times = new long[CountMax];
    private int _first;
    private int _end;

    internal bool IsEmpty => _first == _end;

    /// <summary>The first key; there must be one.</summary>
    internal ref readonly EventKey First => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_keys), _first);

    /// <summary>What is left of it.</summary>
    internal ReadOnlySpan<EventKey> Keys => _keys.AsSpan(_first.._end);

    internal void RemoveFirst() => _first++;

    internal void Clear() => _end = _first;

    /// <summary>Takes <paramref name="keys"/>, which are due in the <paramref name="width"/> nanoseconds from <paramref name="start"/> on. The run must be empty.</summary>
    internal void Fill(ReadOnlySpan<EventKey> keys, ulong start, ulong width)
    {
        _first = 0;
        _end = keys.Length;
        if (slots.AreMany)
        {
            foreach (ref readonly EventKey key in keys)
            {
                slots.Prefetch(key.Slot);
            }
        }

        if (keys.Length >= SortedByVectorsMin && width <= 1ul << (63 - CountBits))
        {
            PlaceByTime(keys, start);
        }
        else
        {
            keys.CopyTo(_keys);
        }

        for (int i = 1; i < _end; i++)
        {
            if (slots.IsBefore(in _keys[i], in _keys[i - 1]))
            {
                Insert(i);
            }
        }
    }

    /// <summary>
    /// Sorts by time: the place of a key is the number of keys before it. Counting them with vectors takes no branch that
    /// depends on the data, which makes it several times as fast as comparing and moving.
    /// </summary>
    private void PlaceByTime(ReadOnlySpan<EventKey> keys, ulong start)
    {
        // The index in the low bits makes the times different.
        for (int i = 0; i < keys.Length; i++)
        {
            _times[i] = (long)((keys[i].Time - start) << CountBits) | (uint)i;
        }

        ReadOnlySpan<Vector<long>> vectors = MemoryMarshal.Cast<long, Vector<long>>(_times);
        for (int from = 0; from < keys.Length; from += Vector<long>.Count)
        {
            Vector<long> times = vectors[from / Vector<long>.Count];
            Vector<long> places = Vector<long>.Zero;
            foreach (long other in _times.AsSpan(0, keys.Length))
            {
                places -= Vector.LessThan(new Vector<long>(other), times); // true is -1
            }

            int to = Math.Min(from + Vector<long>.Count, keys.Length);
            for (int i = from; i < to; i++)
            {
                _keys[places[i - from]] = keys[i];
            }
        }
    }

    private void Insert(int place)
    {
        EventKey key = _keys[place];
        do
        {
            _keys[place] = _keys[place - 1];
            place--;
        }
        while (place > 0 && slots.IsBefore(in key, in _keys[place - 1]));
        _keys[place] = key;
    }
}
