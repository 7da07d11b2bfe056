using Orrery.Posix;

namespace Orrery.Virtio;

/// <summary>The memory a driver shares with its device: rings and buffers, handed out once, front to back, zeroed.</summary>
internal sealed unsafe class DriverMemory : IDisposable
{
    /// <summary>What driver and device call the first byte. Any number would do; one that is no offset shows mistakes.</summary>
    internal const ulong Address = 0x1000_0000;

    private const int PageBytes = 4096;
    private const int Alignment = 64;

    private readonly byte* _start;
    private readonly MemoryMapping? _mapping;
    private long _taken;

    private DriverMemory(byte* start, long bytes, FileDescriptor? file, MemoryMapping? mapping, byte[]? array)
    {
        _start = start;
        Bytes = bytes;
        File = file;
        _mapping = mapping;
        Array = array;
    }

    internal long Bytes { get; }

    /// <summary>The file to share, or null for memory of this process only.</summary>
    internal FileDescriptor? File { get; }

    /// <summary>What keeps memory of this process alive, or null for a file.</summary>
    internal byte[]? Array { get; }

    internal byte* Start => _start;

    /// <summary>Memory in a file that can be passed to another process and cannot change its size.</summary>
    /// <exception cref="IOException">This process has no descriptors or memory left.</exception>
    internal static DriverMemory CreateShared(long bytes)
    {
        bytes = (bytes + PageBytes - 1) & ~(long)(PageBytes - 1);
        FileDescriptor file = MemoryFile.CreateSealed("virtio", bytes);
        MemoryMapping mapping = MemoryMapping.Create(file, 0, bytes, out int error)
            ?? throw new IOException($"mmap: {Errno.Describe(error)}");
        return new DriverMemory(mapping.Start, bytes, file, mapping, null);
    }

    /// <summary>Memory of this process, which lives as long as anybody refers to it.</summary>
    internal static DriverMemory CreatePrivate(long bytes)
    {
        byte[] array = GC.AllocateArray<byte>(checked((int)bytes + Alignment), pinned: true);
        var start = (byte*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(array, 0);
        return new DriverMemory((byte*)Rounded((long)start), bytes, null, null, array);
    }

    /// <summary>Bytes that a part of <paramref name="bytes"/> takes.</summary>
    internal static long Rounded(long bytes) => (bytes + Alignment - 1) & ~(long)(Alignment - 1);

    /// <summary>Takes the next part.</summary>
    internal ulong Take(long bytes)
    {
        long offset = _taken;
        _taken += Rounded(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_taken, Bytes);
        return Address + (ulong)offset;
    }

    internal byte* Pointer(ulong address) => _start + (address - Address);

    /// <inheritdoc/>
    public void Dispose()
    {
        _mapping?.Dispose();
        File?.Dispose();
    }
}
