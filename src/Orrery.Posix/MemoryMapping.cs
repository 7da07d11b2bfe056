using System.Runtime.InteropServices;

namespace Orrery.Posix;

/// <summary>A shared read-write mapping of a part of a file; unmapped when disposed.</summary>
public sealed unsafe class MemoryMapping : SafeHandle
{
    private MemoryMapping(void* start, long length)
        : base(0, ownsHandle: true)
    {
        SetHandle((nint)start);
        Length = length;
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The first byte. Valid only until this object is disposed; the owner sees to that.</summary>
    public byte* Start => (byte*)handle;

    /// <summary>The mapping's length in bytes.</summary>
    public long Length { get; }

    /// <summary>
    /// Maps <paramref name="length"/> bytes of <paramref name="file"/> from <paramref name="offset"/> (page aligned).
    /// The caller has checked that the file is that long and cannot shrink, or accepts that touching it may kill it.
    /// </summary>
    /// <returns>The mapping, or null with the negated <see cref="Errno"/> in <paramref name="error"/>.</returns>
    public static MemoryMapping? Create(FileDescriptor file, long offset, long length, out int error)
    {
        error = -Errno.EINVAL;
        if (length <= 0 || offset < 0)
        {
            return null;
        }

        void* start = Libc.mmap(
            null, (nuint)length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, file.Number, offset);
        if ((nint)start == -1)
        {
            error = -Marshal.GetLastPInvokeError();
            return null;
        }

        error = 0;
        return new MemoryMapping(start, length);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.munmap((void*)handle, (nuint)Length) == 0;
}
