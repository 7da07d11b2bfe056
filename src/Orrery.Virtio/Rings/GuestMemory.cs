using Orrery.Posix;

namespace Orrery.Virtio;

/// <summary>One region of a memory table (vhost-user, "memory region description").</summary>
/// <param name="GuestAddress">Guest physical address of the first byte.</param>
/// <param name="Bytes">Size.</param>
/// <param name="UserAddress">Address of the first byte as SET_VRING_ADDR counts.</param>
/// <param name="FileOffset">Where the region begins in its file.</param>
internal readonly record struct MemoryRegion(ulong GuestAddress, ulong Bytes, ulong UserAddress, ulong FileOffset);

/// <summary>
/// The memory of a guest as a device sees it: a few regions, each a part of a file or memory of this process. An address
/// and a length are good only when they lie inside one region.
/// </summary>
/// <remarks>
/// A file that shrinks after it was mapped kills whoever touches the lost pages. A sealed file (memfd) cannot; the size of
/// any other is looked at again before each use (<see cref="IsBacked"/>). docs/devices.md has the measurement behind this.
/// </remarks>
internal sealed unsafe class GuestMemory : IDisposable
{
    /// <summary>The most regions a table may have; User-Mode Linux has one, or two with high memory.</summary>
    internal const int RegionsMax = 8;

    private const ulong RegionBytesMax = 1UL << 40;
    private const ulong PageBytes = 4096;

    private readonly Mapped[] _regions;
    private readonly object?[] _owned;

    /// <param name="regions">The regions.</param>
    /// <param name="owned">What has to stay as long as this object: files, mappings, arrays.</param>
    private GuestMemory(Mapped[] regions, object?[] owned)
    {
        _regions = regions;
        _owned = owned;
    }

    private readonly record struct Mapped(
        MemoryRegion Region, nint Start, FileDescriptor? WatchedFile);

    /// <summary>Memory of this process as a guest's: driver and device in one process.</summary>
    /// <param name="start">The first byte.</param>
    /// <param name="bytes">Size.</param>
    /// <param name="guestAddress">What the driver calls its first byte.</param>
    /// <param name="keptAlive">What the memory is part of, so that it lives as long as this object.</param>
    internal static GuestMemory OfProcess(byte* start, long bytes, ulong guestAddress, object? keptAlive)
        => new([new Mapped(new MemoryRegion(guestAddress, (ulong)bytes, guestAddress, 0), (nint)start, null)], [keptAlive]);

    /// <summary>Maps a memory table.</summary>
    /// <param name="table">The regions.</param>
    /// <param name="files">One file per region; taken over in either case.</param>
    /// <param name="problem">What is wrong with the table, or null.</param>
    /// <returns>The memory, or null.</returns>
    internal static GuestMemory? Map(
        ReadOnlySpan<MemoryRegion> table, ReadOnlySpan<FileDescriptor> files, out string? problem)
    {
        var regions = new Mapped[table.Length];
        var owned = new List<object?>(2 * table.Length);
        foreach (FileDescriptor file in files)
        {
            owned.Add(file);
        }

        problem = table.Length is 0 or > RegionsMax ? $"{table.Length} regions" : null;
        for (int i = 0; i < table.Length && problem is null; i++)
        {
            problem = CheckForm(table[i]) ?? CheckOverlap(table[i], regions.AsSpan(0, i)) ?? CheckFile(table[i], files[i]);
            if (problem is not null)
            {
                break;
            }

            MemoryMapping? mapping = MemoryMapping.Create(
                files[i], (long)table[i].FileOffset, (long)table[i].Bytes, out int error);
            owned.Add(mapping);
            problem = mapping is null ? $"mapping fails: {Errno.Describe(error)}" : null;
            if (mapping is not null)
            {
                regions[i] = new Mapped(table[i], (nint)mapping.Start, IsSealed(files[i]) ? null : files[i]);
            }
        }

        var memory = new GuestMemory(regions, [.. owned]);
        if (problem is null)
        {
            return memory;
        }

        memory.Dispose();
        return null;
    }

    /// <summary>Where a guest physical range is in this process.</summary>
    /// <returns>False when the range is not inside one region.</returns>
    internal bool TryTranslate(ulong guestAddress, ulong bytes, out byte* start)
    {
        foreach (ref readonly Mapped mapped in _regions.AsSpan())
        {
            ulong offset = guestAddress - mapped.Region.GuestAddress;
            if (offset < mapped.Region.Bytes && bytes <= mapped.Region.Bytes - offset)
            {
                start = (byte*)mapped.Start + offset;
                return true;
            }
        }

        start = null;
        return false;
    }

    /// <summary>As <see cref="TryTranslate"/>, for the addresses of SET_VRING_ADDR.</summary>
    internal bool TryTranslateUser(ulong userAddress, ulong bytes, out byte* start)
    {
        foreach (ref readonly Mapped mapped in _regions.AsSpan())
        {
            ulong offset = userAddress - mapped.Region.UserAddress;
            if (offset < mapped.Region.Bytes && bytes <= mapped.Region.Bytes - offset)
            {
                start = (byte*)mapped.Start + offset;
                return true;
            }
        }

        start = null;
        return false;
    }

    /// <summary>False when a file has become shorter than what is mapped of it: touching the memory would kill this process.</summary>
    internal bool IsBacked()
    {
        foreach (ref readonly Mapped mapped in _regions.AsSpan())
        {
            if (mapped.WatchedFile is not null
                && mapped.WatchedFile.Length < (long)(mapped.Region.FileOffset + mapped.Region.Bytes))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (object? owned in _owned)
        {
            (owned as IDisposable)?.Dispose();
        }
    }

    private static string? CheckForm(in MemoryRegion region)
    {
        if (region.Bytes is 0 or > RegionBytesMax)
        {
            return $"a region of 0x{region.Bytes:x} bytes";
        }

        if (region.FileOffset % PageBytes != 0 || region.FileOffset > long.MaxValue - region.Bytes)
        {
            return $"file offset 0x{region.FileOffset:x}";
        }

        return region.GuestAddress > ulong.MaxValue - region.Bytes || region.UserAddress > ulong.MaxValue - region.Bytes
            ? $"a region at 0x{region.GuestAddress:x} that passes the end of the address space"
            : null;
    }

    private static string? CheckOverlap(in MemoryRegion region, ReadOnlySpan<Mapped> others)
    {
        foreach (Mapped other in others)
        {
            if (Overlap(region.GuestAddress, region.Bytes, other.Region.GuestAddress, other.Region.Bytes)
                || Overlap(region.UserAddress, region.Bytes, other.Region.UserAddress, other.Region.Bytes))
            {
                return $"regions that overlap at 0x{region.GuestAddress:x}";
            }
        }

        return null;

        static bool Overlap(ulong first, ulong firstBytes, ulong second, ulong secondBytes)
            => first < second + secondBytes && second < first + firstBytes;
    }

    private static string? CheckFile(in MemoryRegion region, FileDescriptor file)
    {
        long length = file.Length;
        return length < (long)(region.FileOffset + region.Bytes)
            ? $"a file of {length} bytes for a region that ends at byte {region.FileOffset + region.Bytes} of it"
            : null;
    }

    private static bool IsSealed(FileDescriptor file) => file.Seals is int seals and >= 0 && (seals & MemoryFile.SealShrink) != 0;
}
