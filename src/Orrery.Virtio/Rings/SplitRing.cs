namespace Orrery.Virtio;

/// <summary>What <see cref="SplitRing.TryTake"/> found.</summary>
internal enum RingResult
{
    /// <summary>No buffer is available.</summary>
    Empty,

    /// <summary>The chain holds the next buffer.</summary>
    Taken,

    /// <summary>The driver has broken a rule; the ring is of no further use.</summary>
    Broken,
}

/// <summary>
/// The device's side of a split virtqueue (VIRTIO 1.2, 2.7), with indirect descriptors and event index. Nothing in shared
/// memory is believed: each field is copied, checked and then used.
/// </summary>
internal sealed unsafe class SplitRing
{
    /// <summary>The most descriptors an indirect table may have; drivers put larger chains there than the queue holds.</summary>
    internal const int IndirectEntriesMax = 1024;

    private readonly GuestMemory _memory;
    private readonly RingMemory _ring;
    private readonly bool _indirect;
    private readonly bool _eventIndex;
    private ushort _nextAvailable;
    private ushort _nextUsed;
    private ushort _published;

    /// <summary>A ring in <paramref name="memory"/>.</summary>
    /// <param name="memory">Where buffers are.</param>
    /// <param name="ring">Where the ring is.</param>
    /// <param name="features">The negotiated features.</param>
    /// <param name="start">The index at which both rings begin (SET_VRING_BASE).</param>
    internal SplitRing(GuestMemory memory, RingMemory ring, VirtioFeatures features, ushort start)
    {
        _memory = memory;
        _ring = ring;
        _indirect = (features & VirtioFeatures.IndirectDescriptors) != 0;
        _eventIndex = (features & VirtioFeatures.EventIndex) != 0;
        _nextAvailable = _nextUsed = _published = start;
    }

    /// <summary>The broken rule, once <see cref="TryTake"/> has said so.</summary>
    internal VirtioRule BrokenRule { get; private set; }

    /// <summary>What broke it.</summary>
    internal string Problem { get; private set; } = "";

    internal int Size => _ring.Size;

    /// <summary>Buffers taken since the ring was set up, modulo 2^16.</summary>
    internal ushort NextAvailable => _nextAvailable;

    /// <summary>Begins anew at this index: every buffer before it has been given back.</summary>
    internal void RestartAt(ushort index) => _nextAvailable = _nextUsed = _published = index;

    /// <summary>Takes the next available buffer into <paramref name="chain"/>.</summary>
    internal RingResult TryTake(DescriptorChain chain)
    {
        ushort available = Volatile.Read(ref _ring.AvailableIndex);
        int waiting = (ushort)(available - _nextAvailable);
        if (waiting == 0)
        {
            return RingResult.Empty;
        }

        if (waiting > _ring.Size)
        {
            return Break(
                VirtioRule.AvailableIndex,
                $"available index {available} is {waiting} past {_nextAvailable} in a queue of {_ring.Size}");
        }

        ushort head = _ring.AvailableEntry(_nextAvailable);
        if (head >= _ring.Size)
        {
            return Break(VirtioRule.DescriptorIndex, $"descriptor {head} made available in a queue of {_ring.Size}");
        }

        if (!TryWalk(chain, head))
        {
            return RingResult.Broken;
        }

        _nextAvailable++;
        return RingResult.Taken;
    }

    /// <summary>Puts a taken buffer on the used ring; <see cref="Publish"/> shows it to the driver.</summary>
    internal void Complete(DescriptorChain chain)
        => _ring.UsedEntry(_nextUsed++) = new UsedElement { Id = chain.Head, Length = chain.Written };

    /// <summary>Shows the completed buffers to the driver.</summary>
    /// <returns>True when the driver wants to be called about them.</returns>
    internal bool Publish()
    {
        ushort before = _published;
        if (_nextUsed == before)
        {
            return false;
        }

        _published = _nextUsed;
        Volatile.Write(ref _ring.UsedIndex, _nextUsed);

        // The driver sets its wish and then looks at the used index; this side does the opposite.
        Interlocked.MemoryBarrier();
        return _eventIndex
            ? RingLayout.Passed(_ring.UsedEvent, _nextUsed, before)
            : (_ring.AvailableFlags & RingLayout.NoInterrupt) == 0;
    }

    /// <summary>Tells the driver whether to kick when it next makes buffers available.</summary>
    internal void SetKicksWanted(bool wanted)
    {
        if (_eventIndex)
        {
            // The flag means nothing with the event index (2.7.10). A driver kicks when it passes this index: the one it is
            // at, also when it was not kicked about some before; or the one it has just left, which is the furthest away.
            ushort available = Volatile.Read(ref _ring.AvailableIndex);
            _ring.AvailableEvent = (ushort)(wanted ? available : available - 1);
        }
        else
        {
            _ring.UsedFlags = wanted ? (ushort)0 : RingLayout.NoNotify;
        }

        Interlocked.MemoryBarrier();
    }

    private bool TryWalk(DescriptorChain chain, ushort head)
    {
        chain.Begin(head);
        RingDescriptor* table = _ring.Descriptors;
        int tableSize = _ring.Size;
        ushort index = head;
        int remaining = tableSize;
        bool inIndirect = false;
        while (remaining-- > 0)
        {
            RingDescriptor descriptor = table[index];
            if ((descriptor.Flags & RingLayout.Indirect) != 0)
            {
                if (inIndirect)
                {
                    return Fail(VirtioRule.IndirectTable, "an indirect table inside an indirect table");
                }

                if (!TryEnterIndirect(descriptor, out table, out tableSize))
                {
                    return false;
                }

                inIndirect = true;
                remaining = tableSize;
                index = 0;
                continue;
            }

            if (!TryAdd(chain, descriptor))
            {
                return false;
            }

            if ((descriptor.Flags & RingLayout.Next) == 0)
            {
                return true;
            }

            index = descriptor.Next;
            if (index >= tableSize)
            {
                return Fail(VirtioRule.DescriptorIndex, $"next descriptor {index} in a table of {tableSize}");
            }
        }

        return Fail(VirtioRule.ChainLength, $"the chain at descriptor {head} has more than {tableSize} descriptors");
    }

    private bool TryAdd(DescriptorChain chain, in RingDescriptor descriptor)
    {
        if (!_memory.TryTranslate(descriptor.Address, descriptor.Length, out byte* start))
        {
            return Fail(
                VirtioRule.AddressInMemory,
                $"a buffer of {descriptor.Length} bytes at 0x{descriptor.Address:x}, outside guest memory");
        }

        return chain.TryAdd(start, descriptor.Length, (descriptor.Flags & RingLayout.DeviceWritable) != 0)
            || Fail(VirtioRule.ReadableFirst, $"the chain at descriptor {chain.Head} has a readable part after a writable one");
    }

    private bool TryEnterIndirect(in RingDescriptor descriptor, out RingDescriptor* table, out int tableSize)
    {
        table = null;
        tableSize = 0;
        if (!_indirect || (descriptor.Flags & RingLayout.Next) != 0)
        {
            return Fail(
                VirtioRule.IndirectTable,
                _indirect ? "an indirect table with a next descriptor" : "an indirect table, a feature that was not negotiated");
        }

        if (descriptor.Length == 0 || descriptor.Length % sizeof(RingDescriptor) != 0
            || descriptor.Length / sizeof(RingDescriptor) > IndirectEntriesMax)
        {
            return Fail(VirtioRule.IndirectTable, $"an indirect table of {descriptor.Length} bytes");
        }

        if (!_memory.TryTranslate(descriptor.Address, descriptor.Length, out byte* start))
        {
            return Fail(
                VirtioRule.AddressInMemory,
                $"an indirect table of {descriptor.Length} bytes at 0x{descriptor.Address:x}, outside guest memory");
        }

        table = (RingDescriptor*)start;
        tableSize = (int)descriptor.Length / sizeof(RingDescriptor);
        return true;
    }

    private RingResult Break(VirtioRule rule, string problem)
    {
        Fail(rule, problem);
        return RingResult.Broken;
    }

    private bool Fail(VirtioRule rule, string problem)
    {
        BrokenRule = rule;
        Problem = problem;
        return false;
    }
}
