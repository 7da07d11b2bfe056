namespace Orrery.Virtio;

/// <summary>One piece of a buffer, in the driver's addresses.</summary>
internal readonly record struct RingSegment(ulong Address, uint Length, bool DeviceWritable);

/// <summary>
/// The driver's side of a split virtqueue (VIRTIO 1.2, 2.7), with indirect descriptors and event index. It keeps its own
/// record of what it has lent to the device: nothing the device can write is believed.
/// </summary>
internal sealed unsafe partial class SplitRingDriver
{
    private readonly RingMemory _ring;
    private readonly bool _eventIndex;
    private readonly RingDescriptor* _indirectTables;
    private readonly ulong _indirectAddress;
    private readonly int _indirectEntries;
    private readonly ushort[] _next;
    private readonly Loan[] _loans;
    private ushort _firstFree;
    private ushort _available;
    private ushort _published;
    private ulong _added; // since the ring was set up, as _shown: the 16 bits of the ring's own numbers come round
    private ulong _shown;
    private ushort _used;
    private int _lent;

    /// <summary>A ring in zeroed memory.</summary>
    /// <param name="ring">Where it is.</param>
    /// <param name="features">The negotiated features.</param>
    /// <param name="indirect">Room for indirect tables, one per descriptor; unused without the feature.</param>
    internal SplitRingDriver(RingMemory ring, VirtioFeatures features, IndirectTables indirect = default)
    {
        _ring = ring;
        _eventIndex = (features & VirtioFeatures.EventIndex) != 0;
        if ((features & VirtioFeatures.IndirectDescriptors) != 0)
        {
            _indirectTables = indirect.Start;
            _indirectAddress = indirect.Address;
            _indirectEntries = indirect.Entries;
        }

        FreeDescriptors = ring.Size;
        _next = new ushort[ring.Size];
        _loans = new Loan[ring.Size];
        for (int i = 0; i < ring.Size; i++)
        {
            _next[i] = (ushort)(i + 1);
        }
    }

    /// <summary>Room for indirect tables.</summary>
    /// <param name="Start">The first table, in this process.</param>
    /// <param name="Address">The same as the device addresses it.</param>
    /// <param name="Entries">Entries of each table.</param>
    internal readonly record struct IndirectTables(nint Base, ulong Address, int Entries)
    {
        internal RingDescriptor* Start => (RingDescriptor*)Base;
    }

    private struct Loan
    {
        /// <summary>Descriptors of the chain; 0 when nothing is lent.</summary>
        internal ushort Descriptors;

        /// <summary>How many were lent before it.</summary>
        internal ulong Number;

        internal ulong WritableBytes;
    }

    internal int Size => _ring.Size;

    internal int FreeDescriptors { get; private set; }

    /// <summary>Buffers that are with the device.</summary>
    internal int Lent => _lent;

    /// <summary>Buffers that the device has not been shown yet.</summary>
    internal bool HasUnpublished => _available != _published;

    internal VirtioRule BrokenRule { get; private set; }

    internal string Problem { get; private set; } = "";

    /// <summary>The head that <see cref="TryAdd"/> will use, so that a buffer can be chosen by it. Only with a free descriptor.</summary>
    internal ushort NextHead => _firstFree;

    /// <summary>Lends a buffer to the device: readable pieces first. <see cref="Publish"/> shows it.</summary>
    /// <returns>False when there are not enough free descriptors.</returns>
    internal bool TryAdd(ReadOnlySpan<RingSegment> segments, out ushort head)
    {
        head = _firstFree;
        bool indirect = segments.Length > 1 && segments.Length <= _indirectEntries;
        int needed = indirect ? 1 : segments.Length;
        if (needed > FreeDescriptors || needed == 0)
        {
            return false;
        }

        _loans[head] = new Loan { Descriptors = (ushort)needed, Number = _added++ };
        foreach (RingSegment segment in segments)
        {
            _loans[head].WritableBytes += segment.DeviceWritable ? segment.Length : 0;
        }

        if (indirect)
        {
            ulong table = _indirectAddress + ((ulong)head * (ulong)_indirectEntries * (ulong)sizeof(RingDescriptor));
            RingDescriptor* entries = _indirectTables + (head * _indirectEntries);
            for (int i = 0; i < segments.Length; i++)
            {
                entries[i] = Describe(segments[i], i + 1 < segments.Length, (ushort)(i + 1));
            }

            _ring.Descriptors[head] = new RingDescriptor
            {
                Address = table, Length = (uint)(segments.Length * sizeof(RingDescriptor)), Flags = RingLayout.Indirect,
            };
            _firstFree = _next[head];
        }
        else
        {
            ushort index = head;
            for (int i = 0; i < segments.Length; i++)
            {
                _ring.Descriptors[index] = Describe(segments[i], i + 1 < segments.Length, _next[index]);
                index = _next[index];
            }

            _firstFree = index;
        }

        FreeDescriptors -= needed;
        _lent++;
        _ring.AvailableEntry(_available++) = head;
        return true;
    }

    /// <summary>Shows the added buffers to the device.</summary>
    /// <returns>True when the device wants to be kicked about them.</returns>
    internal bool Publish()
    {
        ushort before = _published;
        if (before == _available)
        {
            return false;
        }

        _published = _available;
        _shown = _added;
        Volatile.Write(ref _ring.AvailableIndex, _available);
        Interlocked.MemoryBarrier();
        return _eventIndex
            ? RingLayout.Passed(_ring.AvailableEvent, _available, before)
            : (_ring.UsedFlags & RingLayout.NoNotify) == 0;
    }

    /// <summary>Takes the next buffer that the device has given back.</summary>
    /// <param name="head">Which one.</param>
    /// <param name="written">How many bytes the device has written to it.</param>
    internal RingResult TryTakeUsed(out ushort head, out uint written)
    {
        head = 0;
        written = 0;
        ushort used = Volatile.Read(ref _ring.UsedIndex);
        int waiting = (ushort)(used - _used);
        if (waiting == 0)
        {
            return RingResult.Empty;
        }

        if (waiting > _lent)
        {
            return Break(VirtioRule.UsedIndex, $"used index {used} is {waiting} past {_used} with {_lent} buffers lent");
        }

        UsedElement element = _ring.UsedEntry(_used);
        if (element.Id >= (uint)_ring.Size || !IsShown(in _loans[element.Id]))
        {
            return Break(VirtioRule.UsedBuffer, $"buffer {element.Id} came back, which was not lent, in a queue of {_ring.Size}");
        }

        ref Loan loan = ref _loans[element.Id];
        if (element.Length > loan.WritableBytes)
        {
            return Break(VirtioRule.UsedLength, $"{element.Length} bytes were written to a buffer of {loan.WritableBytes}");
        }

        head = (ushort)element.Id;
        written = element.Length;
        Free(head, loan.Descriptors);
        loan = default;
        _lent--;
        _used++;
        return RingResult.Taken;
    }

    /// <summary>Tells the device whether to call when it gives buffers back.</summary>
    /// <returns>True when some have come back already, for which no call will come.</returns>
    internal bool SetCallsWanted(bool wanted)
    {
        if (_eventIndex)
        {
            _ring.UsedEvent = (ushort)(wanted ? _used : _used - 1);
        }
        else
        {
            _ring.AvailableFlags = wanted ? (ushort)0 : RingLayout.NoInterrupt;
        }

        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _ring.UsedIndex) != _used;
    }

    private static RingDescriptor Describe(RingSegment segment, bool more, ushort next) => new()
    {
        Address = segment.Address,
        Length = segment.Length,
        Flags = (ushort)((segment.DeviceWritable ? RingLayout.DeviceWritable : 0) | (more ? RingLayout.Next : 0)),
        Next = more ? next : (ushort)0,
    };

    /// <summary>The device has been shown it: what is added and not published it cannot have used.</summary>
    private bool IsShown(in Loan loan) => loan.Descriptors != 0 && loan.Number < _shown;

    private void Free(ushort head, int descriptors)
    {
        ushort last = head;
        for (int i = 1; i < descriptors; i++)
        {
            last = _next[last];
        }

        _next[last] = _firstFree;
        _firstFree = head;
        FreeDescriptors += descriptors;
    }

    private RingResult Break(VirtioRule rule, string problem)
    {
        BrokenRule = rule;
        Problem = problem;
        return RingResult.Broken;
    }
}
