using System.Runtime.InteropServices;

namespace Orrery.Virtio;

/// <summary>Layout of a split virtqueue (VIRTIO 1.2, section 2.7), little endian as this library's hosts are.</summary>
internal static class RingLayout
{
    /// <summary>The largest queue size (2.7).</summary>
    internal const int SizeMax = 32768;

    /// <summary>Alignment of descriptor table, available ring and used ring (2.7).</summary>
    internal const int DescriptorAlignment = 16, AvailableAlignment = 2, UsedAlignment = 4;

    /// <summary>Descriptor flags (2.7.5).</summary>
    internal const ushort Next = 1, DeviceWritable = 2, Indirect = 4;

    /// <summary>Available ring flag: the driver wants no calls (2.7.6).</summary>
    internal const ushort NoInterrupt = 1;

    /// <summary>Used ring flag: the device wants no kicks (2.7.8).</summary>
    internal const ushort NoNotify = 1;

    /// <summary>True for a queue size the specification allows: a power of two up to <see cref="SizeMax"/>.</summary>
    internal static bool IsQueueSize(uint size) => size is > 0 and <= SizeMax && (size & (size - 1)) == 0;

    /// <summary>Bytes of the descriptor table.</summary>
    internal static long DescriptorBytes(int size) => 16L * size;

    /// <summary>Bytes of the available ring with its event index.</summary>
    internal static long AvailableBytes(int size) => 6 + (2L * size);

    /// <summary>Bytes of the used ring with its event index.</summary>
    internal static long UsedBytes(int size) => 6 + (8L * size);

    /// <summary>
    /// True when the index went past <paramref name="eventIndex"/> on its way from <paramref name="before"/> to
    /// <paramref name="now"/>: the other side asked to be told (2.7.7.1, 2.7.10).
    /// </summary>
    internal static bool Passed(ushort eventIndex, ushort now, ushort before)
        => (ushort)(now - eventIndex - 1) < (ushort)(now - before);
}

/// <summary>One descriptor (VIRTIO 1.2, 2.7.5).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RingDescriptor
{
    internal ulong Address;
    internal uint Length;
    internal ushort Flags;
    internal ushort Next;
}

/// <summary>One entry of the used ring (VIRTIO 1.2, 2.7.8).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UsedElement
{
    internal uint Id;
    internal uint Length;
}

/// <summary>Where the three parts of a ring are, as addresses of the guest.</summary>
internal readonly record struct RingAddresses(ulong Descriptors, ulong Available, ulong Used);

/// <summary>The fields of a ring in shared memory, for either side. The other side may change any of them at any time.</summary>
internal readonly unsafe struct RingMemory(RingDescriptor* descriptors, ushort* available, ushort* used, int size)
{
    internal int Size { get; } = size;

    internal RingDescriptor* Descriptors { get; } = descriptors;

    internal ref ushort AvailableFlags => ref available[0];

    internal ref ushort AvailableIndex => ref available[1];

    /// <summary>The driver's wish: call when the used index passes this (2.7.7).</summary>
    internal ref ushort UsedEvent => ref available[2 + Size];

    internal ref ushort UsedFlags => ref used[0];

    internal ref ushort UsedIndex => ref used[1];

    /// <summary>The device's wish: kick when the available index passes this (2.7.10).</summary>
    internal ref ushort AvailableEvent => ref used[2 + (4 * Size)];

    internal ref ushort AvailableEntry(ushort index) => ref available[2 + (index & (Size - 1))];

    internal ref UsedElement UsedEntry(ushort index) => ref ((UsedElement*)(used + 2))[index & (Size - 1)];

    /// <summary>Finds a ring in guest memory.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="addresses">Driver-side (user) addresses, as in SET_VRING_ADDR.</param>
    /// <param name="size">A valid queue size.</param>
    /// <param name="ring">The ring.</param>
    /// <returns>Null, or which part is misaligned or outside memory.</returns>
    internal static string? Locate(GuestMemory memory, RingAddresses addresses, int size, out RingMemory ring)
    {
        ring = default;
        if (!Locate(memory, addresses.Descriptors, RingLayout.DescriptorBytes(size), RingLayout.DescriptorAlignment, out byte* descriptors))
        {
            return $"descriptor table at 0x{addresses.Descriptors:x}";
        }

        if (!Locate(memory, addresses.Available, RingLayout.AvailableBytes(size), RingLayout.AvailableAlignment, out byte* available))
        {
            return $"available ring at 0x{addresses.Available:x}";
        }

        if (!Locate(memory, addresses.Used, RingLayout.UsedBytes(size), RingLayout.UsedAlignment, out byte* used))
        {
            return $"used ring at 0x{addresses.Used:x}";
        }

        ring = new RingMemory((RingDescriptor*)descriptors, (ushort*)available, (ushort*)used, size);
        return null;
    }

    private static bool Locate(GuestMemory memory, ulong address, long bytes, int alignment, out byte* start)
    {
        start = null;
        return address % (ulong)alignment == 0
            && memory.TryTranslateUser(address, (ulong)bytes, out start)
            && (ulong)start % (ulong)alignment == 0;
    }
}
