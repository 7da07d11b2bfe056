namespace Orrery.Posix;

/// <summary>Memory that is shared by passing a descriptor (memfd_create(2)).</summary>
public static class MemoryFile
{
    /// <summary>The file can no longer shrink.</summary>
    public const int SealShrink = 2;

    /// <summary>The file can no longer grow.</summary>
    public const int SealGrow = 4;

    private const int SealSeal = 1;
    private const uint CloseOnExecAllowSealing = 3;

    /// <summary>A memory file of <paramref name="bytes"/> zero bytes, sealed so that no peer can change its size.</summary>
    /// <exception cref="IOException">This process has no descriptors or memory left.</exception>
    public static FileDescriptor CreateSealed(string name, long bytes)
    {
        FileDescriptor file = Create(name, bytes);
        PosixException.ThrowIfFailed(
            Libc.Result(Libc.fcntl(file.Number, Libc.F_ADD_SEALS, SealSeal | SealShrink | SealGrow)), "fcntl");
        return file;
    }

    /// <summary>A memory file of <paramref name="bytes"/> zero bytes.</summary>
    /// <exception cref="IOException">This process has no descriptors or memory left.</exception>
    public static FileDescriptor Create(string name, long bytes)
    {
        var file = new FileDescriptor(PosixException.ThrowIfFailed(
            Libc.Result(Libc.memfd_create(name, CloseOnExecAllowSealing)), "memfd_create"));
        PosixException.ThrowIfFailed(Libc.Result(Libc.ftruncate(file.Number, bytes)), "ftruncate");
        return file;
    }
}
