namespace Orrery.Virtio;

/// <content>The driver's own record of the ring, restored. Its buffers are of one descriptor each.</content>
internal sealed unsafe partial class SplitRingDriver
{
    internal RingMemory Memory => _ring;

    /// <summary>Buffers made available and shown to the device, modulo 2^16.</summary>
    internal ushort AvailableIndex => _published;

    /// <summary>Buffers taken back, modulo 2^16.</summary>
    internal ushort UsedIndex => _used;

    /// <summary>The descriptors that can be lent, in the order in which they will be.</summary>
    internal ushort[] FreeBuffers()
    {
        var free = new ushort[FreeDescriptors];
        ushort next = _firstFree;
        for (int i = 0; i < free.Length; i++)
        {
            free[i] = next;
            next = _next[next];
        }

        return free;
    }

    /// <summary>Takes over what was lent and what was free; <paramref name="state"/> has been checked.</summary>
    internal void Restore(RingState state)
    {
        _available = _published = state.AvailableIndex;
        _used = (ushort)(state.AvailableIndex - state.Available.Count - state.Used.Count);
        _lent = state.Available.Count + state.Used.Count;
        FreeDescriptors = state.Free.Count;
        _firstFree = state.Free.Count > 0 ? state.Free[0] : (ushort)0;
        for (int i = 1; i < state.Free.Count; i++)
        {
            _next[state.Free[i - 1]] = state.Free[i];
        }

        Array.Clear(_loans);
        _added = _shown = 1; // whatever is lent has been shown
    }

    /// <summary>Writes the descriptor of a buffer that is lent.</summary>
    internal void Describe(ushort number, ulong address, BufferState buffer)
    {
        _ring.Descriptors[number] = Describe(new RingSegment(address, (uint)buffer.Length, buffer.DeviceWritable), more: false, next: 0);
        _loans[number] = new Loan { Descriptors = 1, WritableBytes = buffer.DeviceWritable ? (ulong)buffer.Length : 0 };
    }
}
