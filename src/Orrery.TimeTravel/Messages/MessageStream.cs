using System.Runtime.InteropServices;
using Orrery.Posix;

namespace Orrery.TimeTravel;

/// <summary>
/// The messages of one connection. Reads whatever is there in one call and puts partial messages together again; a message
/// is taken out before it is handled, so a handler may itself receive.
/// </summary>
internal sealed class MessageStream(FileDescriptor socket) : IDisposable
{
    /// <summary>Enough for what a correct peer sends before it waits for an answer.</summary>
    private const int BufferedMessages = 16;

    private readonly byte[] _received = new byte[BufferedMessages * TimeTravelMessage.Bytes];
    private int _start;
    private int _end;

    public FileDescriptor Socket => socket;

    /// <summary>Bytes of a message whose rest has not come.</summary>
    public int PartialBytes => (_end - _start) % TimeTravelMessage.Bytes;

    /// <summary>Receives once. Only when <see cref="TryTake"/> has nothing.</summary>
    /// <param name="wait">Whether to wait (up to the socket's own limit) when nothing is there.</param>
    /// <returns>Bytes received, 0 when the peer has closed, or a negated <see cref="Errno"/>.</returns>
    public int Receive(bool wait)
    {
        Compact();
        int result = UnixSocket.Receive(socket, _received.AsSpan(_end), wait);
        _end += Math.Max(result, 0);
        return result;
    }

    /// <summary>As <see cref="Receive(bool)"/>, waiting, with the descriptors that ride along; the caller owns them.</summary>
    public int Receive(Span<FileDescriptor?> descriptors, out int descriptorCount)
    {
        Compact();
        int result = UnixSocket.Receive(socket, _received.AsSpan(_end), descriptors, out descriptorCount);
        _end += Math.Max(result, 0);
        return result;
    }

    /// <summary>Takes the next complete message.</summary>
    public bool TryTake(out TimeTravelMessage message)
    {
        if (_end - _start < TimeTravelMessage.Bytes)
        {
            message = default;
            return false;
        }

        message = MemoryMarshal.Read<TimeTravelMessage>(_received.AsSpan(_start));
        _start += TimeTravelMessage.Bytes;
        return true;
    }

    /// <summary>Sends messages in one write, without waiting: a correct peer never lets the socket fill up.</summary>
    /// <returns>
    /// 0, or a negated <see cref="Errno"/>: <see cref="Errno.EAGAIN"/> when the peer does not read, others when it is gone.
    /// </returns>
    public int Send(ReadOnlySpan<TimeTravelMessage> messages)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(messages);
        return Result(UnixSocket.Send(socket, bytes, wait: false), bytes.Length);
    }

    /// <summary>Sends a message with descriptors.</summary>
    /// <returns>As <see cref="Send(ReadOnlySpan{TimeTravelMessage})"/>.</returns>
    public int Send(TimeTravelMessage message, ReadOnlySpan<int> descriptors)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<TimeTravelMessage>(in message));
        return Result(UnixSocket.Send(socket, bytes, descriptors), bytes.Length);
    }

    public void Dispose() => socket.Dispose();

    // The system sends messages of this size whole or not at all (unix(7)).
    private static int Result(int sent, int length) => sent == length ? 0 : Math.Min(sent, -1);

    private void Compact()
    {
        if (_start == 0)
        {
            return;
        }

        _received.AsSpan(_start, _end - _start).CopyTo(_received);
        (_start, _end) = (0, _end - _start);
    }
}
