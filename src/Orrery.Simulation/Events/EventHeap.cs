using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orrery.Simulation;

/// <summary>A 4-ary heap of event keys: the four children of a node share a cache line.</summary>
internal sealed class EventHeap(EventSlots slots)
{
    private const int Arity = 4;

    private EventKey[] _keys = new EventKey[16];

    internal int Count { get; private set; }

    /// <summary>The first key; there must be one.</summary>
    internal ref readonly EventKey Top => ref MemoryMarshal.GetArrayDataReference(_keys);

    internal ReadOnlySpan<EventKey> Keys => _keys.AsSpan(0, Count);

    internal void Add(EventKey key)
    {
        if (Count == _keys.Length)
        {
            Array.Resize(ref _keys, Count * 2);
        }

        Raise(Count++, key);
    }

    internal void RemoveTop()
    {
        int last = --Count;
        if (last == 0)
        {
            return;
        }

        // The last key almost always belongs near the bottom: the hole sinks to a leaf without looking at it, then the key
        // rises from there. This saves a comparison per level.
        Raise(SinkHole(last), _keys[last]);
    }

    internal void Clear() => Count = 0;

    private int SinkHole(int count)
    {
        ref EventKey keys = ref MemoryMarshal.GetArrayDataReference(_keys);
        int hole = 0;
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
                if (slots.IsBefore(in Unsafe.Add(ref keys, other), in Unsafe.Add(ref keys, best)))
                {
                    best = other;
                }
            }

            Unsafe.Add(ref keys, hole) = Unsafe.Add(ref keys, best);
            hole = best;
        }
    }

    private void Raise(int hole, EventKey key)
    {
        ref EventKey keys = ref MemoryMarshal.GetArrayDataReference(_keys);
        while (hole > 0)
        {
            int parent = (hole - 1) / Arity;
            if (!slots.IsBefore(in key, in Unsafe.Add(ref keys, parent)))
            {
                break;
            }

            Unsafe.Add(ref keys, hole) = Unsafe.Add(ref keys, parent);
            hole = parent;
        }

        Unsafe.Add(ref keys, hole) = key;
    }
}
