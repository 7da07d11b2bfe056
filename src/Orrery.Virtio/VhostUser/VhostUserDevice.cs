using Orrery.Posix;

namespace Orrery.Virtio;

/// <summary>
/// Serves a device to one guest over vhost-user, with in-band notifications in simulated time: the back-end of the
/// protocol as User-Mode Linux speaks it.
/// </summary>
/// <remarks>Everything the guest sends is checked; a broken rule closes the connection and is reported once.</remarks>
public sealed partial class VhostUserDevice : VirtioTransport, IReadinessHandler, IDisposable
{
    /// <summary>How long one send, and one wait for an answer, may take unless set, in wall-clock time.</summary>
    public const int DefaultAnswerLimitMilliseconds = 10_000;

    /// <summary>After the answers of back channels, before the calendar's sockets: a guest in a kick is blocked.</summary>
    private const int Urgency = 1;

    private readonly Reactor _reactor;
    private readonly int _answerLimitMilliseconds;
    private readonly MessageReader _reader = new();
    private FileDescriptor? _socket;
    private int _token;
    private BackChannel? _backChannel;
    private bool _serving;

    /// <summary>A device that waits for its guest (<see cref="Connect"/>).</summary>
    /// <param name="name">The device's name in messages: node and device.</param>
    /// <param name="device">What is served.</param>
    /// <param name="clock">The calendar that holds the guest.</param>
    /// <param name="scheduler">Runs interrupts in simulated time.</param>
    /// <param name="reactor">Serves the timeline's sockets.</param>
    /// <param name="faults">Told, once, when the guest has broken a rule.</param>
    /// <param name="answerLimitMilliseconds">Wall-clock limit of one wait for the guest.</param>
    public VhostUserDevice(
        string name,
        IVirtioDevice device,
        IGuestClock clock,
        IDeviceScheduler scheduler,
        Reactor reactor,
        Action<DeviceFault> faults,
        int answerLimitMilliseconds = DefaultAnswerLimitMilliseconds)
        : base(name, device, clock, scheduler, faults)
    {
        _reactor = reactor;
        _answerLimitMilliseconds = answerLimitMilliseconds;
    }

    /// <summary>Serves the guest at the other end of <paramref name="socket"/>, which this object now owns.</summary>
    /// <exception cref="InvalidOperationException">The device has or had a guest.</exception>
    public void Connect(FileDescriptor socket)
    {
        if (State != TransportState.Idle)
        {
            throw new InvalidOperationException($"{Name} serves one guest, and has had it.");
        }

        UnixSocket.SetTimeouts(socket, _answerLimitMilliseconds);
        _socket = socket;
        _token = _reactor.Add(socket, this, Urgency);
        State = TransportState.Connected;
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
        if (_serving)
        {
            // Somebody waits for other sockets while a request of this guest is served, so the guest may only be gone.
            Span<byte> first = stackalloc byte[1];
            if (UnixSocket.Receive(_socket!, first, wait: false) > 0)
            {
                Fail(VirtioRule.OneRequestAtATime, "a request before the last one was answered");
            }
            else
            {
                GuestGone();
            }

            return;
        }

        _serving = true;
        Enter();
        ReadResult result = _reader.Receive(_socket!);
        while (result == ReadResult.Message && State == TransportState.Connected)
        {
            if (!MaySpeak)
            {
                Fail(VirtioRule.Turn, $"request {(VhostUserRequest)_reader.Header.Request} from a guest that has not got the turn");
                break;
            }

            Serve(_reader.Header, _reader.Payload);
            result = _reader.Next();
        }

        if (result == ReadResult.Broken)
        {
            Fail(_reader.BrokenRule, _reader.Problem);
        }
        else if (result == ReadResult.Closed && _reader.IsInsideMessage)
        {
            Fail(VirtioRule.Disconnect, "the connection ended inside a message");
        }
        else if (result == ReadResult.Closed)
        {
            GuestGone();
        }

        Leave();
        _serving = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (State == TransportState.Idle)
        {
            _reader.Dispose();
        }

        GuestGone();
    }

    /// <summary>The guest has closed its connection, or died: nobody's mistake here.</summary>
    internal void GuestGone()
    {
        if (State == TransportState.Connected)
        {
            Disconnect(TransportState.Gone);
        }
    }

    // Rings are not enabled before there is a back channel, so it is there.
    private protected override void CallInsideKick(ulong calls)
        => _backChannel!.Send(calls, configuration: false, answered: false);

    private protected override void Interrupt(ulong calls, bool configuration)
    {
        BackChannel channel = _backChannel!;
        channel.Send(calls, configuration, answered: true);
        channel.WaitForAnswers(_answerLimitMilliseconds);
    }

    private protected override void CloseConnection()
    {
        _backChannel?.Dispose();
        _backChannel = null;
        if (_socket is not null)
        {
            _reactor.Remove(_token);
            _socket.Dispose();
            _socket = null;
        }

        _reader.Dispose();
    }

    private void Reply(ulong value)
    {
        Span<byte> message = stackalloc byte[VhostUserHeader.ShortMessageBytes];
        VhostUserHeader.WriteShort(message, _reader.Header.Request, VhostUserHeader.Reply, value);
        Send(message);
    }

    private void Send(ReadOnlySpan<byte> message)
    {
        int sent = _socket is null ? message.Length : UnixSocket.Send(_socket, message);
        if (sent == message.Length)
        {
            return;
        }

        if (Errno.IsDisconnect(sent))
        {
            GuestGone();
        }
        else
        {
            Fail(VirtioRule.PeerReads, "the guest does not take answers");
        }
    }
}
