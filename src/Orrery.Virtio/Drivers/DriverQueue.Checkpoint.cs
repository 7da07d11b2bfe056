namespace Orrery.Virtio;

/// <content>The ring saved and restored, while neither side is at work.</content>
public sealed unsafe partial class DriverQueue
{
    /// <summary>The ring, with what its device's side knows of it.</summary>
    internal RingState Save(VirtioQueue device)
    {
        RingMemory memory = _ring.Memory;
        var available = new BufferState[(ushort)(_ring.AvailableIndex - device.NextAvailable)];
        for (int i = 0; i < available.Length; i++)
        {
            ushort number = memory.AvailableEntry((ushort)(device.NextAvailable + i));
            RingDescriptor descriptor = memory.Descriptors[number];
            bool writable = (descriptor.Flags & RingLayout.DeviceWritable) != 0;
            available[i] = new BufferState(
                number, writable, (int)descriptor.Length, writable ? [] : Buffer(number)[..(int)descriptor.Length].ToArray());
        }

        var used = new BufferState[(ushort)(device.NextAvailable - _ring.UsedIndex)];
        for (int i = 0; i < used.Length; i++)
        {
            UsedElement element = memory.UsedEntry((ushort)(_ring.UsedIndex + i));
            RingDescriptor descriptor = memory.Descriptors[element.Id];
            used[i] = new BufferState(
                (ushort)element.Id, (descriptor.Flags & RingLayout.DeviceWritable) != 0, (int)descriptor.Length,
                Buffer((int)element.Id)[..(int)element.Length].ToArray());
        }

        return new RingState(
            _ring.AvailableIndex, _ring.FreeBuffers(), available, used, memory.UsedEvent, memory.AvailableEvent,
            device.IsEnabled, device.KicksWanted, device.CallPending, device.LookAgain, KickMissed);
    }

    /// <summary>Takes the place of the ring that was saved; both sides have been set up anew.</summary>
    /// <param name="state">Not trusted.</param>
    /// <param name="device">The device's side.</param>
    /// <returns>What is wrong with the state; null when nothing is.</returns>
    internal string? Restore(RingState state, VirtioQueue device)
    {
        if (Check(state) is { } problem)
        {
            return problem;
        }

        _ring.Restore(state);
        RingMemory memory = _ring.Memory;
        var firstAvailable = (ushort)(state.AvailableIndex - state.Available.Count);
        for (int i = 0; i < state.Available.Count; i++)
        {
            BufferState buffer = state.Available[i];
            _ring.Describe(buffer.Number, AddressOf(buffer.Number), buffer);
            memory.AvailableEntry((ushort)(firstAvailable + i)) = buffer.Number;
            buffer.Content.CopyTo(Buffer(buffer.Number));
        }

        for (int i = 0; i < state.Used.Count; i++)
        {
            BufferState buffer = state.Used[i];
            _ring.Describe(buffer.Number, AddressOf(buffer.Number), buffer);
            memory.UsedEntry((ushort)(firstAvailable - state.Used.Count + i)) =
                new UsedElement { Id = buffer.Number, Length = (uint)buffer.Content.Length };
            buffer.Content.CopyTo(Buffer(buffer.Number));
        }

        memory.AvailableIndex = state.AvailableIndex;
        memory.UsedIndex = firstAvailable;
        memory.UsedEvent = state.UsedEvent;
        memory.AvailableEvent = state.AvailableEvent;
        device.Restore(state, firstAvailable);
        KickMissed = state.KickMissed;
        return null;
    }

    private string? Check(RingState state)
    {
        int count = state.Free.Count + state.Available.Count + state.Used.Count;
        IEnumerable<int> numbers = state.Free.Concat(state.Available.Concat(state.Used).Select(buffer => buffer.Number)).Select(number => (int)number);
        if (count != Size || !numbers.Order().SequenceEqual(Enumerable.Range(0, Size)))
        {
            return $"its buffers are not those from 0 to {Size - 1}, each once";
        }

        foreach (BufferState buffer in state.Available.Concat(state.Used))
        {
            if (buffer.Length < 0 || buffer.Length > BufferBytes)
            {
                return $"buffer {buffer.Number}: {buffer.Length} bytes are lent, of {BufferBytes}";
            }
        }

        // A buffer holds what the device is still to read, or what it has written; else nobody looks at it again.
        BufferState? wrong =
            state.Available.FirstOrDefault(buffer => buffer.Content.Length != (buffer.DeviceWritable ? 0 : buffer.Length))
            ?? state.Used.FirstOrDefault(buffer => buffer.Content.Length > (buffer.DeviceWritable ? buffer.Length : 0));
        return wrong is null ? null : $"buffer {wrong.Number}: {wrong.Content.Length} bytes of content do not fit it";
    }
}
