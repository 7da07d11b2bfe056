using System.Text;

namespace Orrery.Posix;

/// <summary>Stream sockets in the file system, with descriptors passed along (unix(7)). All calls block.</summary>
public static unsafe class UnixSocket
{
    /// <summary>The longest path in bytes: <c>sun_path</c> has 108 with its final zero.</summary>
    public const int PathBytesMax = 107;

    /// <summary>The most descriptors one message carries here.</summary>
    public const int DescriptorsMax = 8;

    private const int ControlHeaderBytes = 16;
    private const int AddressBytes = 110;

    /// <summary>Listens at <paramref name="path"/>, which must not exist yet.</summary>
    /// <returns>The listening socket, or null with the negated <see cref="Errno"/> in <paramref name="error"/>.</returns>
    public static FileDescriptor? Listen(string path, int backlog, out int error)
    {
        byte* address = stackalloc byte[AddressBytes];
        error = WriteAddress(path, address);
        if (error < 0)
        {
            return null;
        }

        var socket = new FileDescriptor(PosixException.ThrowIfFailed(
            Libc.Result(Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0)), "socket"));
        error = Libc.Result(Libc.bind(socket.Number, address, AddressBytes));
        if (error == 0)
        {
            error = Libc.Result(Libc.listen(socket.Number, backlog));
        }

        if (error == 0)
        {
            return socket;
        }

        socket.Dispose();
        return null;
    }

    /// <summary>Whether <paramref name="path"/> itself is a socket (not a link to one), served or left over.</summary>
    public static bool IsSocket(string path)
    {
        // struct statx (statx(2)) is the same on every architecture: 256 bytes, the mode at 28.
        const int bytes = 256;
        const int modeOffset = 28;
        const int typeMask = 0xF000;
        const int socketType = 0xC000;
        byte* result = stackalloc byte[bytes];
        return Libc.statx(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_TYPE, result) == 0
            && (*(ushort*)(result + modeOffset) & typeMask) == socketType;
    }

    /// <summary>Connects to the socket at <paramref name="path"/>.</summary>
    /// <returns>The connection, or null with the negated <see cref="Errno"/> in <paramref name="error"/>.</returns>
    public static FileDescriptor? Connect(string path, out int error)
    {
        byte* address = stackalloc byte[AddressBytes];
        error = WriteAddress(path, address);
        if (error < 0)
        {
            return null;
        }

        var socket = new FileDescriptor(PosixException.ThrowIfFailed(
            Libc.Result(Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0)), "socket"));
        do
        {
            error = Libc.Result(Libc.connect(socket.Number, address, AddressBytes));
        }
        while (error == -Errno.EINTR);
        if (error == 0)
        {
            return socket;
        }

        socket.Dispose();
        return null;
    }

    /// <summary>Takes the next connection of a listening socket.</summary>
    /// <returns>The connection, or null with the negated <see cref="Errno"/> in <paramref name="error"/>.</returns>
    public static FileDescriptor? Accept(FileDescriptor listener, out int error)
    {
        do
        {
            error = Libc.Result(Libc.accept4(listener.Number, null, null, Libc.SOCK_CLOEXEC));
        }
        while (error == -Errno.EINTR);
        if (error < 0)
        {
            return null;
        }

        var connection = new FileDescriptor(error);
        error = 0;
        return connection;
    }

    /// <summary>Two connected sockets.</summary>
    /// <exception cref="IOException">This process has no descriptors left.</exception>
    public static (FileDescriptor First, FileDescriptor Second) CreatePair()
    {
        int* pair = stackalloc int[2];
        PosixException.ThrowIfFailed(
            Libc.Result(Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair)), "socketpair");
        return (new FileDescriptor(pair[0]), new FileDescriptor(pair[1]));
    }

    /// <summary>The process at the other end when it connected, or 0 when the system does not say.</summary>
    public static int PeerProcess(FileDescriptor socket)
    {
        Libc.PeerCredentials credentials;
        var length = (uint)sizeof(Libc.PeerCredentials);
        return Libc.getsockopt(socket.Number, Libc.SOL_SOCKET, Libc.SO_PEERCRED, &credentials, &length) == 0
            ? credentials.ProcessId
            : 0;
    }

    /// <summary>Whether a descriptor that somebody has passed is a connected stream socket of this family.</summary>
    public static bool IsConnectedStream(FileDescriptor descriptor)
        => Option(descriptor, Libc.SO_DOMAIN) == Libc.AF_UNIX
            && Option(descriptor, Libc.SO_TYPE) == Libc.SOCK_STREAM
            && Option(descriptor, Libc.SO_ACCEPTCONN) == 0;

    /// <summary>
    /// Limits how long one send or receive may wait, in wall-clock time; it then returns -<see cref="Errno.EAGAIN"/>.
    /// </summary>
    public static void SetTimeouts(FileDescriptor socket, int milliseconds)
    {
        var limit = new Libc.TimeValue { Seconds = milliseconds / 1000, Microseconds = milliseconds % 1000 * 1000 };
        _ = Libc.setsockopt(socket.Number, Libc.SOL_SOCKET, Libc.SO_RCVTIMEO, &limit, (uint)sizeof(Libc.TimeValue));
        _ = Libc.setsockopt(socket.Number, Libc.SOL_SOCKET, Libc.SO_SNDTIMEO, &limit, (uint)sizeof(Libc.TimeValue));
    }

    /// <summary>Sends all of <paramref name="data"/> in one call (peers read whole messages). A dead peer raises no signal.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="data">What is sent.</param>
    /// <param name="wait">False returns -<see cref="Errno.EAGAIN"/> at once when the peer has left too much unread.</param>
    /// <returns>Bytes sent (fewer than asked for only when the time limit passed midway), or a negated <see cref="Errno"/>.</returns>
    public static int Send(FileDescriptor socket, ReadOnlySpan<byte> data, bool wait = true)
    {
        fixed (byte* start = data)
        {
            int result;
            do
            {
                result = Libc.Result(Libc.send(
                    socket.Number, start, (nuint)data.Length, Libc.MSG_NOSIGNAL | (wait ? 0 : Libc.MSG_DONTWAIT)));
            }
            while (result == -Errno.EINTR);
            return result;
        }
    }

    /// <summary>Sends <paramref name="data"/> with <paramref name="descriptors"/> riding on its first byte.</summary>
    /// <returns>As <see cref="Send(FileDescriptor, ReadOnlySpan{byte}, bool)"/>.</returns>
    public static int Send(FileDescriptor socket, ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, DescriptorsMax);
        byte* control = stackalloc byte[ControlHeaderBytes + (sizeof(int) * DescriptorsMax)];
        fixed (byte* start = data)
        {
            var vector = new Libc.IoVector { Base = start, Length = (nuint)data.Length };
            var message = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1 };
            if (!descriptors.IsEmpty)
            {
                var header = (Libc.ControlHeader*)control;
                header->Length = (nuint)(ControlHeaderBytes + (sizeof(int) * descriptors.Length));
                header->Level = Libc.SOL_SOCKET;
                header->Type = Libc.SCM_RIGHTS;
                descriptors.CopyTo(new Span<int>(control + ControlHeaderBytes, DescriptorsMax));
                message.Control = control;
                message.ControlLength = (header->Length + 7) & ~(nuint)7;
            }

            int result;
            do
            {
                result = Libc.Result(Libc.sendmsg(socket.Number, &message, Libc.MSG_NOSIGNAL));
            }
            while (result == -Errno.EINTR);
            return result;
        }
    }

    /// <summary>Receives what is there, up to <paramref name="buffer"/>'s length; waits for the first byte only.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="wait">False returns -<see cref="Errno.EAGAIN"/> at once when there is nothing.</param>
    /// <returns>Bytes received, 0 at the end, or a negated <see cref="Errno"/>. Descriptors that come along are closed by the system.</returns>
    public static int Receive(FileDescriptor socket, Span<byte> buffer, bool wait = true)
    {
        fixed (byte* start = buffer)
        {
            int result;
            do
            {
                result = Libc.Result(Libc.recv(
                    socket.Number, start, (nuint)buffer.Length, wait ? 0 : Libc.MSG_DONTWAIT));
            }
            while (result == -Errno.EINTR);
            return result;
        }
    }

    /// <summary>Receives as <see cref="Receive(FileDescriptor, Span{byte}, bool)"/>, and takes the descriptors that ride on the bytes.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="descriptors">Receives owned descriptors; at least <see cref="DescriptorsMax"/> long.</param>
    /// <param name="descriptorCount">How many came.</param>
    /// <returns>
    /// Bytes received, 0 at the end, or a negated <see cref="Errno"/>; -<see cref="Errno.EPROTO"/> when the peer sent
    /// more descriptors than fit (all are closed).
    /// </returns>
    public static int Receive(
        FileDescriptor socket, Span<byte> buffer, Span<FileDescriptor?> descriptors, out int descriptorCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(descriptors.Length, DescriptorsMax);
        const int controlBytes = ControlHeaderBytes + (sizeof(int) * DescriptorsMax);
        byte* control = stackalloc byte[controlBytes];
        descriptorCount = 0;
        fixed (byte* start = buffer)
        {
            var vector = new Libc.IoVector { Base = start, Length = (nuint)buffer.Length };
            var message = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1 };
            int result;
            do
            {
                message.Control = control;
                message.ControlLength = controlBytes;
                result = Libc.Result(Libc.recvmsg(socket.Number, &message, Libc.MSG_CMSG_CLOEXEC));
            }
            while (result == -Errno.EINTR);
            if (result < 0 || message.ControlLength < ControlHeaderBytes)
            {
                return result;
            }

            // Descriptors of one message arrive as one header (unix(7)); a second one does not fit the buffer.
            var header = (Libc.ControlHeader*)control;
            if (header->Level == Libc.SOL_SOCKET && header->Type == Libc.SCM_RIGHTS)
            {
                descriptorCount = (int)(header->Length - ControlHeaderBytes) / sizeof(int);
                var numbers = (int*)(control + ControlHeaderBytes);
                for (int i = 0; i < descriptorCount; i++)
                {
                    descriptors[i] = new FileDescriptor(numbers[i]);
                }
            }

            if ((message.Flags & Libc.MSG_CTRUNC) == 0)
            {
                return result;
            }

            for (int i = 0; i < descriptorCount; i++)
            {
                descriptors[i]!.Dispose();
                descriptors[i] = null;
            }

            descriptorCount = 0;
            return -Errno.EPROTO;
        }
    }

    private static int Option(FileDescriptor socket, int option)
    {
        int value;
        uint length = sizeof(int);
        int result = Libc.Result(Libc.getsockopt(socket.Number, Libc.SOL_SOCKET, option, &value, &length));
        return result < 0 ? result : value;
    }

    private static int WriteAddress(string path, byte* address)
    {
        new Span<byte>(address, AddressBytes).Clear();
        *(ushort*)address = Libc.AF_UNIX;
        if (Encoding.UTF8.GetByteCount(path) > PathBytesMax)
        {
            return -Errno.ENAMETOOLONG;
        }

        Encoding.UTF8.GetBytes(path, new Span<byte>(address + sizeof(ushort), PathBytesMax));
        return 0;
    }
}
