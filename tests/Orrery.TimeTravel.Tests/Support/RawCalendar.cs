using System.Runtime.InteropServices;
using Orrery.Posix;
using Xunit;

namespace Orrery.TimeTravel.Tests.Support;

/// <summary>The calendar's end of a connection, saying what it is told to, right or wrong.</summary>
internal sealed class RawCalendar : IDisposable
{
    private readonly FileDescriptor _socket;
    private uint _sequence = 100;
    private uint _request;

    public RawCalendar(FileDescriptor socket)
    {
        _socket = socket;
        UnixSocket.SetTimeouts(socket, 60_000); // a test that hangs fails instead
    }

    public RawCalendar ExpectRequest(TimeTravelOperation operation, ulong time = ulong.MaxValue)
    {
        TimeTravelMessage message = Receive();
        Assert.Equal((operation, time), (message.Operation, message.Time));
        _request = message.Sequence;
        return this;
    }

    /// <summary>Acknowledges the last request, with so many descriptors of nothing in particular.</summary>
    public RawCalendar Answer(ulong time = 0, int descriptors = 0)
    {
        using FileDescriptor nothing = FileDescriptor.OpenNull();
        var message = new TimeTravelMessage(TimeTravelOperation.Acknowledge, _request, time);
        Span<int> numbers = stackalloc int[descriptors];
        numbers.Fill(nothing.Number);
        UnixSocket.Send(_socket, MemoryMarshal.AsBytes(new ReadOnlySpan<TimeTravelMessage>(in message)), numbers);
        return this;
    }

    public RawCalendar Send(TimeTravelOperation operation, ulong time) =>
        SendRaw(new TimeTravelMessage(operation, ++_sequence, time));

    /// <summary>Expects the acknowledgement of what was sent last.</summary>
    public RawCalendar ExpectAnswer()
    {
        TimeTravelMessage message = Receive();
        Assert.Equal((TimeTravelOperation.Acknowledge, _sequence, 0ul), (message.Operation, message.Sequence, message.Time));
        return this;
    }

    public RawCalendar SendRaw(TimeTravelMessage message) =>
        SendBytes(MemoryMarshal.AsBytes(new ReadOnlySpan<TimeTravelMessage>(in message)));

    public RawCalendar SendBytes(ReadOnlySpan<byte> bytes)
    {
        UnixSocket.Send(_socket, bytes);
        return this;
    }

    public void ExpectClosed() => Assert.True(Errno.IsDisconnect(UnixSocket.Receive(_socket, new byte[1])));

    public void Dispose() => _socket.Dispose();

    private TimeTravelMessage Receive()
    {
        Span<byte> bytes = stackalloc byte[TimeTravelMessage.Bytes];
        Assert.Equal(bytes.Length, UnixSocket.Receive(_socket, bytes));
        return MemoryMarshal.Read<TimeTravelMessage>(bytes);
    }
}
