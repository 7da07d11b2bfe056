using System.Runtime.InteropServices;
using Orrery.Posix;
using Xunit;

namespace Orrery.TimeTravel.Tests.Support;

/// <summary>A peer that speaks the bytes of um_timetravel as it is told to, right or wrong.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly FileDescriptor _socket;
    private uint _sequence;

    public RawClient(string path)
        : this(UnixSocket.Connect(path, out int error) ?? throw new IOException(Errno.Describe(error)))
    {
    }

    public RawClient(FileDescriptor socket)
    {
        _socket = socket;
        UnixSocket.SetTimeouts(socket, 60_000); // a test that hangs fails instead
    }

    public FileDescriptor Socket => _socket;

    /// <summary>What came with the acknowledgement of START.</summary>
    public FileDescriptor[] Descriptors { get; private set; } = [];

    /// <summary>The time of the last acknowledgement.</summary>
    public ulong Answer { get; private set; }

    public RawClient Send(TimeTravelOperation operation, ulong time = ulong.MaxValue) =>
        SendRaw(new TimeTravelMessage(operation, ++_sequence, time));

    public RawClient SendRaw(TimeTravelMessage message) =>
        SendBytes(MemoryMarshal.AsBytes(new ReadOnlySpan<TimeTravelMessage>(in message)));

    public RawClient SendBytes(ReadOnlySpan<byte> bytes)
    {
        UnixSocket.Send(_socket, bytes);
        return this;
    }

    /// <summary>Sends a request and expects its acknowledgement next.</summary>
    public RawClient Ask(TimeTravelOperation operation, ulong time = ulong.MaxValue)
    {
        Send(operation, time);
        return ExpectAnswer();
    }

    /// <summary>Expects the acknowledgement of what was sent last.</summary>
    public RawClient ExpectAnswer()
    {
        TimeTravelMessage message = Receive();
        Assert.Equal((TimeTravelOperation.Acknowledge, _sequence), (message.Operation, message.Sequence));
        Answer = message.Time;
        return this;
    }

    /// <summary>Expects a message of the calendar, and acknowledges it unless told otherwise.</summary>
    public RawClient Expect(TimeTravelOperation operation, ulong time, bool acknowledge = true)
    {
        TimeTravelMessage message = Receive();
        Assert.Equal((operation, time), (message.Operation, message.Time));
        return acknowledge ? SendRaw(new TimeTravelMessage(TimeTravelOperation.Acknowledge, message.Sequence, 0)) : this;
    }

    /// <summary>Says START and waits for the admission.</summary>
    public RawClient Start(ulong id)
    {
        Send(TimeTravelOperation.Start, id);
        Span<byte> bytes = stackalloc byte[TimeTravelMessage.Bytes];
        var descriptors = new FileDescriptor?[UnixSocket.DescriptorsMax];
        Assert.Equal(bytes.Length, UnixSocket.Receive(_socket, bytes, descriptors, out int count));
        Descriptors = [.. descriptors.Take(count).Select(d => d!)];
        Answer = MemoryMarshal.Read<TimeTravelMessage>(bytes).Time;
        return this;
    }

    /// <summary>Expects that the calendar has closed the connection, whatever it said before.</summary>
    public void ExpectClosed()
    {
        Span<byte> bytes = stackalloc byte[256];
        int received;
        do
        {
            received = UnixSocket.Receive(_socket, bytes);
        }
        while (received > 0);
        Assert.NotEqual(-Errno.EAGAIN, received);
    }

    public TimeTravelMessage Receive()
    {
        Span<byte> bytes = stackalloc byte[TimeTravelMessage.Bytes];
        Assert.Equal(bytes.Length, UnixSocket.Receive(_socket, bytes));
        return MemoryMarshal.Read<TimeTravelMessage>(bytes);
    }

    public void Dispose()
    {
        _socket.Dispose();
        foreach (FileDescriptor descriptor in Descriptors)
        {
            descriptor.Dispose();
        }
    }
}
