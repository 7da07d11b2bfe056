using Orrery.Posix;

namespace Orrery.TimeTravel;

/// <summary>A schedule memory as a client sees it, in the client's own time (which is 0 when it attaches).</summary>
internal sealed class AttachedMemory : IDisposable
{
    private readonly MemoryMapping _mapping;
    private readonly ScheduleMemoryLayout _layout;
    private readonly int _slot;
    private readonly int _slotCount;
    private readonly ulong _offset;

    private unsafe AttachedMemory(MemoryMapping mapping, int slot, int slotCount)
    {
        _mapping = mapping;
        _slot = slot;
        _slotCount = slotCount;
        _layout = new ScheduleMemoryLayout(mapping.Start);
        _offset = _layout.CurrentTime;
        _layout.SetCapability(slot, ScheduleMemoryLayout.CapabilityTimeShare);
    }

    /// <summary>Any earlier instant may be moved to without asking.</summary>
    public ulong FreeUntil => ToLocal(_layout.FreeUntil);

    /// <summary>The time of whoever has the turn; wraps to a huge value when it is before this client's beginning.</summary>
    public ulong CurrentTime
    {
        get => _layout.CurrentTime - _offset;
        set
        {
            _layout.CurrentTime = value + _offset;
            Interlocked.MemoryBarrier();
        }
    }

    /// <summary>Whether the memory shows this client to have the turn.</summary>
    public bool ShowsOwnTurn => _layout.RunningSlot == _slot;

    /// <summary>Whether whoever has the turn reads requests from the memory.</summary>
    public bool IsHolderCapable
    {
        get
        {
            int holder = _layout.RunningSlot;
            return holder < _slotCount && (_layout.GetCapability(holder) & ScheduleMemoryLayout.CapabilityTimeShare) != 0;
        }
    }

    /// <summary>
    /// Attaches to what came with the acknowledgement of START. The memory must be sealed, or the peer could shrink it under
    /// this process.
    /// </summary>
    /// <returns>Null when it is not a memory this client understands: then messages are used.</returns>
    public static unsafe AttachedMemory? TryAttach(FileDescriptor file, int slot)
    {
        const int headerBytes = ScheduleMemoryLayout.HeaderBytes;
        long fileBytes = file.Length;
        if (fileBytes < headerBytes || file.Seals < 0 || (file.Seals & MemoryFile.SealShrink) == 0)
        {
            return null;
        }

        uint length;
        using (var header = MemoryMapping.Create(file, 0, headerBytes, out _))
        {
            if (header is null)
            {
                return null;
            }

            var layout = new ScheduleMemoryLayout(header.Start);
            length = layout.Length;
            if (layout.Version != ScheduleMemoryLayout.CurrentVersion
                || length > fileBytes || length < ScheduleMemoryLayout.BytesFor(slot + 1))
            {
                return null;
            }
        }

        var mapping = MemoryMapping.Create(file, 0, length, out _);
        return mapping is null
            ? null
            : new AttachedMemory(mapping, slot, (int)((length - headerBytes) / ScheduleMemoryLayout.SlotBytes));
    }

    /// <summary>What REQUEST messages of a client with memory carry: the memory's time.</summary>
    public ulong ToMemoryTime(ulong time) => Saturate(time + _offset);

    /// <summary>Publishes a request; whoever has the turn must not pass it.</summary>
    public void WriteRequest(ulong time)
    {
        ulong request = ToMemoryTime(time);
        _layout.SetRequest(_slot, request);
        _layout.SetFlags(_slot, ScheduleMemoryLayout.FlagRequest);
        if (request < _layout.FreeUntil)
        {
            _layout.FreeUntil = request;
        }

        Interlocked.MemoryBarrier();
    }

    public void ClearRequest() => _layout.SetFlags(_slot, 0);

    public void Dispose() => _mapping.Dispose();

    private static ulong Saturate(ulong time) => Math.Min(time, long.MaxValue);

    private ulong ToLocal(ulong time) => time < _offset ? 0 : time - _offset;
}
