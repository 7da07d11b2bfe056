using System.Buffers.Binary;
using Orrery.Posix;

namespace Orrery.Virtio;

/// <summary>
/// Reaches a device over vhost-user, as User-Mode Linux does: the front-end of the protocol, with kicks and calls as
/// messages. It works with any device that does in-band notifications.
/// </summary>
/// <remarks>
/// While it waits for an answer it serves the machine's other sockets: the calendar may have to be answered first, and other
/// devices may interrupt. A device that breaks a rule stops this driver only.
/// </remarks>
public sealed partial class VhostUserDriver : DriverTransport, IReadinessHandler
{
    /// <summary>
    /// Below the back channel's: a call that a device made before it answered a kick is on the calendar before the machine
    /// goes on.
    /// </summary>
    private const int Urgency = DriverBackChannel.Urgency + 1;

    private readonly FileDescriptor _socket;
    private readonly Reactor _reactor;
    private readonly int _answerLimitMilliseconds;
    private readonly int _token;
    private readonly MessageReader _reader = new();
    private DriverBackChannel? _backChannel;
    private uint _awaited;
    private bool _answered;
    private bool _closed;

    /// <summary>A driver at the other end of <paramref name="socket"/>, which this object now owns.</summary>
    /// <param name="name">The driver's name in messages: machine and device.</param>
    /// <param name="socket">A connection to the device's socket.</param>
    /// <param name="host">The machine.</param>
    /// <param name="reactor">Serves the machine's sockets.</param>
    /// <param name="answerLimitMilliseconds">Wall-clock limit of one wait for the device.</param>
    public VhostUserDriver(
        string name,
        FileDescriptor socket,
        IDriverHost host,
        Reactor reactor,
        int answerLimitMilliseconds = VhostUserDevice.DefaultAnswerLimitMilliseconds)
        : base(name, host)
    {
        _socket = socket;
        _reactor = reactor;
        _answerLimitMilliseconds = answerLimitMilliseconds;
        UnixSocket.SetTimeouts(socket, answerLimitMilliseconds);
        _token = reactor.Add(socket, this, Urgency);
        State = TransportState.Connected;
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
        ReadResult result = _reader.Receive(_socket);
        switch (result)
        {
            case ReadResult.Incomplete:
                return;
            case ReadResult.Broken:
                Fail(_reader.BrokenRule, _reader.Problem);
                return;
            case ReadResult.Closed when _reader.IsInsideMessage:
                Fail(VirtioRule.Disconnect, "the connection ended inside a message");
                return;
            case ReadResult.Closed:
                DeviceGone();
                return;
        }

        VhostUserHeader header = _reader.Header;
        if (_awaited == 0 || _answered || header.Request != _awaited || header.Flags != VhostUserHeader.Reply)
        {
            Fail(VirtioRule.Answer, $"{header} came while the answer to request {_awaited} was awaited");
        }

        _answered = true;
    }

    private protected override void Close()
    {
        if (!_closed)
        {
            _closed = true;
            _backChannel?.Dispose();
            _reactor.Remove(_token);
            _socket.Dispose();
            _reader.Dispose();
        }
    }

    /// <summary>Sends a request that is not answered.</summary>
    private bool TrySend(VhostUserRequest request, uint flags, ReadOnlySpan<byte> payload, ReadOnlySpan<int> descriptors = default)
    {
        if (State != TransportState.Connected)
        {
            return false;
        }

        Span<byte> message = stackalloc byte[VhostUserHeader.MessageBytesMax];
        message = message[..(VhostUserHeader.Bytes + payload.Length)];
        new VhostUserHeader((uint)request, flags, (uint)payload.Length).Write(message);
        payload.CopyTo(message[VhostUserHeader.Bytes..]);
        int sent = descriptors.IsEmpty ? UnixSocket.Send(_socket, message) : UnixSocket.Send(_socket, message, descriptors);
        if (sent == message.Length)
        {
            return true;
        }

        if (Errno.IsDisconnect(sent))
        {
            DeviceGone();
        }
        else
        {
            Fail(VirtioRule.PeerReads, "the device does not take requests");
        }

        return false;
    }

    /// <summary>Sends a request and serves the machine's sockets until the answer is there.</summary>
    /// <returns>False when the device is gone or has broken a rule; otherwise the answer is in the reader.</returns>
    private bool TryAsk(VhostUserRequest request, uint flags, ReadOnlySpan<byte> payload, ReadOnlySpan<int> descriptors = default)
    {
        if (_awaited != 0)
        {
            throw new InvalidOperationException($"{Name}: a request while another is not answered.");
        }

        _awaited = (uint)request;
        _answered = false;
        if (TrySend(request, flags, payload, descriptors))
        {
            WaitForAnswer();
        }

        _awaited = 0;
        return State == TransportState.Connected;
    }

    private void WaitForAnswer()
    {
        var limit = new WaitLimit(_answerLimitMilliseconds);
        while (!_answered && State == TransportState.Connected)
        {
            int slice = limit.Next();
            if (slice == 0)
            {
                Fail(
                    VirtioRule.AnswerInTime,
                    $"no answer to request {(VhostUserRequest)_awaited} within {_answerLimitMilliseconds} ms");
                return;
            }

            _reactor.RunOnce(slice);
        }
    }

    /// <summary>Drops the answer. Nothing may have come after it, as nothing more was asked.</summary>
    private void DropAnswer()
    {
        if (_reader.IsInsideMessage)
        {
            Fail(VirtioRule.Answer, "bytes after an answer that nobody asked for");
        }
        else
        {
            _reader.Next();
        }
    }

    private bool TryGet(VhostUserRequest request, out ulong value)
    {
        value = 0;
        if (!TryAsk(request, VhostUserHeader.Plain, []))
        {
            return false;
        }

        if (!IsNumber())
        {
            return false;
        }

        value = BinaryPrimitives.ReadUInt64LittleEndian(_reader.Payload);
        DropAnswer();
        return State == TransportState.Connected;
    }

    /// <summary>Has the device do something and say that it is done.</summary>
    private bool TryDo(VhostUserRequest request, ReadOnlySpan<byte> payload, ReadOnlySpan<int> descriptors = default)
    {
        if (!TryAskStatus(request, payload, descriptors, out bool done))
        {
            return false;
        }

        if (!done)
        {
            Fail(VirtioRule.Answer, $"the device refuses request {request}");
        }

        return State == TransportState.Connected;
    }

    private bool TryAskStatus(
        VhostUserRequest request, ReadOnlySpan<byte> payload, ReadOnlySpan<int> descriptors, out bool done)
    {
        done = false;
        if (!TryAsk(request, VhostUserHeader.NeedsReply, payload, descriptors) || !IsNumber())
        {
            return false;
        }

        done = BinaryPrimitives.ReadUInt64LittleEndian(_reader.Payload) == 0;
        DropAnswer();
        return State == TransportState.Connected;
    }

    private bool IsNumber()
    {
        if (_reader.Header.PayloadBytes != VhostUserPayload.Number || _reader.DescriptorCount != 0)
        {
            Fail(VirtioRule.Answer, $"the answer {_reader.Header} with {_reader.DescriptorCount} descriptors, not one number");
        }

        return State == TransportState.Connected;
    }
}
