using Microsoft.Win32.SafeHandles;

namespace Orrery.Posix;

/// <summary>
/// An open file descriptor that this process owns. Every descriptor of the library is close-on-exec, and becomes one of
/// these as soon as the system hands it over.
/// </summary>
public sealed unsafe class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    /// <summary>Takes over <paramref name="number"/>.</summary>
    public FileDescriptor(int number)
        : base(ownsHandle: true) => SetHandle(number);

    /// <summary>The descriptor's number, for system calls while this object is alive; -1 once it is closed.</summary>
    public int Number => IsClosed ? -1 : (int)handle;

    /// <summary>Reads up to <paramref name="buffer"/>'s length. Retries when a signal interrupts.</summary>
    /// <returns>Bytes read, 0 at the end of the file, or a negated <see cref="Errno"/>.</returns>
    public int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            int result;
            do
            {
                result = Libc.Result(Libc.read(Number, start, (nuint)buffer.Length));
            }
            while (result == -Errno.EINTR);
            return result;
        }
    }

    /// <summary>Writes once; may write less than asked for. Retries when a signal interrupts.</summary>
    /// <returns>Bytes written, or a negated <see cref="Errno"/>.</returns>
    public int Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            int result;
            do
            {
                result = Libc.Result(Libc.write(Number, start, (nuint)buffer.Length));
            }
            while (result == -Errno.EINTR);
            return result;
        }
    }

    /// <summary>Makes calls on the open file description wait, or not.</summary>
    /// <returns>0, or a negated <see cref="Errno"/>.</returns>
    public int SetBlocking(bool blocking)
    {
        int flags = Libc.Result(Libc.fcntl(Number, Libc.F_GETFL, 0));
        if (flags < 0)
        {
            return flags;
        }

        int wanted = blocking ? flags & ~Libc.O_NONBLOCK : flags | Libc.O_NONBLOCK;
        return wanted == flags ? 0 : Libc.Result(Libc.fcntl(Number, Libc.F_SETFL, wanted));
    }

    /// <summary>The size of the file in bytes, or a negated <see cref="Errno"/> (a pipe or socket has none).</summary>
    public long Length
    {
        get
        {
            long end = Libc.lseek(Number, 0, 2);
            return end >= 0 ? end : -System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>The seals of a memory file (<see cref="MemoryFile"/>), or a negated <see cref="Errno"/>.</summary>
    public int Seals => Libc.Result(Libc.fcntl(Number, Libc.F_GET_SEALS, 0));

    /// <summary>Waits until there is something to read (or the other end is gone).</summary>
    /// <param name="timeoutMilliseconds">Wall-clock limit; negative waits for ever.</param>
    /// <returns>True when a read would not wait.</returns>
    public bool WaitReadable(int timeoutMilliseconds)
    {
        var record = new Libc.PollRecord { Descriptor = Number, Events = 1 };
        int result;
        do
        {
            result = Libc.Result(Libc.poll(&record, 1, timeoutMilliseconds));
        }
        while (result == -Errno.EINTR);
        return result > 0;
    }

    /// <summary>A second descriptor of the same open file description.</summary>
    public FileDescriptor Duplicate()
    {
        const int duplicateCloseOnExec = 1030;
        return new FileDescriptor(Libc.Result(Libc.fcntl(Number, duplicateCloseOnExec, 0)));
    }

    /// <summary>A pipe: what is written to <c>Write</c> is read from <c>Read</c>.</summary>
    /// <exception cref="IOException">This process has no descriptors left.</exception>
    public static (FileDescriptor Read, FileDescriptor Write) CreatePipe()
    {
        int* pair = stackalloc int[2];
        PosixException.ThrowIfFailed(Libc.Result(Libc.pipe2(pair, Libc.O_CLOEXEC)), "pipe2");
        return (new FileDescriptor(pair[0]), new FileDescriptor(pair[1]));
    }

    /// <summary>The file that is always empty and takes everything.</summary>
    /// <exception cref="IOException">This process has no descriptors left.</exception>
    public static FileDescriptor OpenNull()
        => new(PosixException.ThrowIfFailed(Libc.Result(Libc.open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC)), "/dev/null"));

    /// <summary>A counter that can be waited for (eventfd(2)).</summary>
    /// <exception cref="IOException">This process has no descriptors left.</exception>
    public static FileDescriptor CreateEvent()
        => new(PosixException.ThrowIfFailed(Libc.Result(Libc.eventfd(0, Libc.O_CLOEXEC)), "eventfd"));

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
