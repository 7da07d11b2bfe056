using Orrery.Posix;

namespace Orrery.Virtio;

/// <summary>What <see cref="MessageReader"/> found.</summary>
internal enum ReadResult
{
    /// <summary>A whole message is there.</summary>
    Message,

    /// <summary>More of the message has to come.</summary>
    Incomplete,

    /// <summary>The peer is gone.</summary>
    Closed,

    /// <summary>The bytes are no message: <see cref="MessageReader.BrokenRule"/> and <see cref="MessageReader.Problem"/>.</summary>
    Broken,
}

/// <summary>
/// Takes vhost-user messages, with their file descriptors, from a stream. A short message (every kick) takes one read; a
/// read may bring the beginning of the message after, which is kept.
/// </summary>
internal sealed class MessageReader : IDisposable
{
    private readonly byte[] _buffer = new byte[VhostUserHeader.MessageBytesMax];
    private FileDescriptor?[] _descriptors = new FileDescriptor?[UnixSocket.DescriptorsMax];
    private FileDescriptor?[] _arrived = new FileDescriptor?[UnixSocket.DescriptorsMax];
    private int _descriptorCount;
    private bool _descriptorsAreNext;
    private int _filled;
    private int _messageBytes;

    internal VhostUserHeader Header { get; private set; }

    internal ReadOnlySpan<byte> Payload => _buffer.AsSpan(VhostUserHeader.Bytes, (int)Header.PayloadBytes);

    /// <summary>How many descriptors the message brought.</summary>
    internal int DescriptorCount => _descriptorsAreNext ? 0 : _descriptorCount;

    internal VirtioRule BrokenRule { get; private set; }

    internal string Problem { get; private set; } = "";

    /// <summary>True when the beginning of a message is there and its end is not.</summary>
    internal bool IsInsideMessage => _filled > _messageBytes;

    /// <summary>Drops the last message and takes the next of those that earlier reads brought.</summary>
    internal ReadResult Next()
    {
        Drop();
        return Parse();
    }

    /// <summary>Takes the next message, with one system call. The last one has been dropped.</summary>
    /// <param name="socket">The connection, ready to be read.</param>
    internal ReadResult Receive(FileDescriptor socket)
    {
        // The length of a kick, until the header says otherwise.
        int wanted = _filled < VhostUserHeader.Bytes
            ? VhostUserHeader.ShortMessageBytes
            : VhostUserHeader.Bytes + (int)Header.PayloadBytes;
        int count = UnixSocket.Receive(socket, _buffer.AsSpan(_filled, wanted - _filled), _arrived, out int descriptors);
        if (count <= 0)
        {
            return count == -Errno.EAGAIN ? ReadResult.Incomplete
                : count == -Errno.EPROTO ? Break(VirtioRule.FileDescriptors, "more descriptors than any message brings")
                : ReadResult.Closed;
        }

        bool beginsHere = _filled == 0;
        _filled += count;
        ReadResult result = Parse();
        return descriptors == 0 || result == ReadResult.Broken || TryKeep(descriptors, beginsHere, result)
            ? result
            : Break(VirtioRule.FileDescriptors, "descriptors in the middle of a message");
    }

    /// <summary>Hands over one of the message's descriptors.</summary>
    internal FileDescriptor TakeDescriptor(int index)
    {
        FileDescriptor descriptor = _descriptors[index]!;
        _descriptors[index] = null;
        return descriptor;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close(_descriptors);
        Close(_arrived);
    }

    private static void Close(FileDescriptor?[] descriptors)
    {
        foreach (FileDescriptor? descriptor in descriptors)
        {
            descriptor?.Dispose();
        }

        Array.Clear(descriptors);
    }

    private void Drop()
    {
        if (_messageBytes == 0)
        {
            return;
        }

        _buffer.AsSpan(_messageBytes, _filled - _messageBytes).CopyTo(_buffer);
        _filled -= _messageBytes;
        _messageBytes = 0;
        if (_descriptorsAreNext)
        {
            _descriptorsAreNext = false;
        }
        else if (_descriptorCount > 0)
        {
            Close(_descriptors);
            _descriptorCount = 0;
        }
    }

    /// <summary>
    /// Descriptors come with the first byte of a message (the sender writes it in one call), and end the read that brings
    /// them: they belong to the last message that begins in the read.
    /// </summary>
    private bool TryKeep(int count, bool beginsHere, ReadResult result)
    {
        bool next = result == ReadResult.Message && _filled > _messageBytes;
        if (_descriptorCount > 0 || (!beginsHere && !next))
        {
            return false;
        }

        (_descriptors, _arrived) = (_arrived, _descriptors);
        _descriptorCount = count;
        _descriptorsAreNext = next;
        return true;
    }

    private ReadResult Parse()
    {
        if (_filled < VhostUserHeader.Bytes)
        {
            return ReadResult.Incomplete;
        }

        Header = VhostUserHeader.Read(_buffer);
        if ((Header.Flags & 3) != 1)
        {
            return Break(VirtioRule.MessageHeader, $"request {Header.Request} with flags 0x{Header.Flags:x}, which is not version 1");
        }

        if (Header.PayloadBytes > VhostUserHeader.PayloadBytesMax)
        {
            return Break(
                VirtioRule.MessageHeader,
                $"request {Header.Request} with {Header.PayloadBytes} bytes of payload, more than {VhostUserHeader.PayloadBytesMax}");
        }

        int bytes = VhostUserHeader.Bytes + (int)Header.PayloadBytes;
        if (_filled < bytes)
        {
            return ReadResult.Incomplete;
        }

        _messageBytes = bytes;
        return ReadResult.Message;
    }

    private ReadResult Break(VirtioRule rule, string problem)
    {
        BrokenRule = rule;
        Problem = problem;
        return ReadResult.Broken;
    }
}
