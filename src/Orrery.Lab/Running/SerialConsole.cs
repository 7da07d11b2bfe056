using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Orrery.Lab.Files;
using Orrery.Lab.Guests;
using Orrery.Posix;
using Orrery.Simulation;
using Orrery.TimeTravel;

namespace Orrery.Lab.Running;

/// <summary>
/// The lab's end of a Linux node's first serial line: types what the lab file says at the times it says, and records what
/// the node prints there (docs/guests.md, "Serial lines"). The guest acknowledges what it has taken once it has its
/// interrupt on the calendar; only then does time go on.
/// </summary>
internal sealed class SerialConsole : IEventHandler, IDisposable
{
    /// <summary>More urgent than the calendar: what was printed before a message belongs to the time before it.</summary>
    private const int Urgency = 50;

    private const int BurstBytesMax = 4096; // docs/guests.md; a pipe takes it in one write
    private const int OutputBytesMax = 64 << 10;
    private const int AnswerLimitMilliseconds = 10_000;

    // What is longer than a burst comes at this distance, about as fast as a fast line.
    private static readonly SimDuration BurstDistance = SimDuration.FromMilliseconds(1);

    private readonly string _node;
    private readonly Timeline _timeline;
    private readonly Origin _origin;
    private readonly Reactor _reactor;
    private readonly RunNotices _notices;
    private readonly ImmutableArray<TypedInput> _inputs;
    private readonly Queue<byte> _typed = new();
    private readonly FileDescriptor _input;
    private readonly FileDescriptor? _acknowledge;
    private readonly BoundedLog _log;
    private readonly PipeReader[] _readers;
    private readonly byte[] _buffer = new byte[OutputBytesMax];
    private Participant? _participant;
    private EventHandle _burst = EventHandle.None;
    private bool _isLost;

    /// <param name="definition">The node in the lab file.</param>
    /// <param name="acknowledged">Its kernel acknowledges serial input.</param>
    /// <param name="host">The timeline it lives on.</param>
    /// <param name="logPath">Where a copy of the output goes.</param>
    /// <param name="notices">Where faults go.</param>
    public SerialConsole(
        LinuxNode definition, bool acknowledged, GuestTimeline host, string logPath, RunNotices notices)
    {
        _node = definition.Name;
        _inputs = definition.Type;
        _timeline = host.Timeline;
        _reactor = host.Reactor;
        _notices = notices;
        _origin = _timeline.Simulator.AddOrigin($"{_node}.ttyS0");
        _log = new BoundedLog(logPath, LinuxGuestOptions.DefaultLogBytesMax);

        (FileDescriptor guestInput, _input) = FileDescriptor.CreatePipe();
        (FileDescriptor output, FileDescriptor guestOutput) = FileDescriptor.CreatePipe();
        (FileDescriptor Read, FileDescriptor Write)? acknowledge = acknowledged ? FileDescriptor.CreatePipe() : null;
        GuestEnd = new SerialLine(guestInput, guestOutput, acknowledge?.Write);
        _acknowledge = acknowledge?.Read;
        _input.SetBlocking(false);
        _readers = _acknowledge is null
            ? [new PipeReader(this, output, OnOutput)]
            : [new PipeReader(this, output, OnOutput), new PipeReader(this, _acknowledge, OnAcknowledge)];
    }

    /// <summary>What the guest is given.</summary>
    public SerialLine GuestEnd { get; }

    /// <summary>Bytes written and not acknowledged; only with acknowledgement.</summary>
    private long Outstanding { get; set; }

    /// <summary>Puts what is to be typed on the timeline.</summary>
    /// <param name="participant">The guest.</param>
    public void Begin(Participant participant)
    {
        _participant = participant;
        for (int i = 0; i < _inputs.Length; i++)
        {
            _timeline.Schedule(_inputs[i].At, EventPriority.Devices, _origin, this, (ulong)i + 1);
        }
    }

    /// <summary>The guest has been started and has its own copies.</summary>
    public void CloseGuestEnd()
    {
        GuestEnd.Input.Dispose();
        GuestEnd.Output.Dispose();
        GuestEnd.Acknowledge?.Dispose();
    }

    /// <inheritdoc/>
    public void Handle(Timeline timeline, ulong argument)
    {
        if (argument > 0)
        {
            foreach (byte value in Encoding.UTF8.GetBytes(_inputs[(int)argument - 1].Text))
            {
                _typed.Enqueue(value);
            }
        }
        else
        {
            _burst = EventHandle.None;
        }

        if (_burst == EventHandle.None)
        {
            TypeBurst();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PipeReader reader in _readers)
        {
            reader.Dispose();
        }

        CloseGuestEnd();
        _input.Dispose();
        _log.Dispose();
    }

    private void TypeBurst()
    {
        if (_isLost || _typed.Count == 0)
        {
            _typed.Clear();
            return;
        }

        // Nobody is there to type at before the guest's first wait, or after its end: that is no fault of its.
        if (!_participant!.BeginInterrupt())
        {
            _typed.Clear();
            _notices.Notice($"serial line of node {_node}: the node is not there at {_timeline.Now}: what is typed then is lost");
            return;
        }

        Span<byte> burst = stackalloc byte[Math.Min(_typed.Count, BurstBytesMax)];
        for (int i = 0; i < burst.Length; i++)
        {
            burst[i] = _typed.Dequeue();
        }

        // Without acknowledgement the pipe may be full: the guest has not looked at it yet.
        int written = _input.Write(burst);
        if (written != burst.Length)
        {
            Lose($"does not take what is typed at {_timeline.Now}");
        }
        else if (_acknowledge is not null)
        {
            Outstanding += written;
            AwaitAcknowledgement();
        }

        _participant.EndInterrupt();
        if (_typed.Count > 0)
        {
            _burst = _timeline.Schedule(_timeline.Now + BurstDistance, EventPriority.Devices, _origin, this);
        }
    }

    private void AwaitAcknowledgement()
    {
        var limit = new WaitLimit(AnswerLimitMilliseconds);
        while (Outstanding > 0 && !_isLost && _participant!.State == ParticipantState.Waiting)
        {
            if (limit.Next() is > 0 and int slice)
            {
                _reactor.RunOnce(slice);
            }
            else
            {
                Lose("does not acknowledge what is typed; was its kernel built with kernel/patches?");
            }
        }
    }

    private void OnAcknowledge(ReadOnlySpan<byte> bytes)
    {
        // A pipe keeps writes of 8 bytes whole, and the guest makes no others.
        if (bytes.Length % sizeof(ulong) != 0)
        {
            Lose($"sent {bytes.Length} bytes of acknowledgements, which are 8 bytes each");
            return;
        }

        for (; !bytes.IsEmpty; bytes = bytes[sizeof(ulong)..])
        {
            ulong count = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            if (count > (ulong)Outstanding)
            {
                Lose($"acknowledges {count} bytes of which only {Outstanding} were typed");
                return;
            }

            Outstanding -= (long)count;
        }
    }

    private void OnOutput(ReadOnlySpan<byte> bytes)
    {
        // The guest published its time before it wrote, and lets none pass before it waits.
        if (_participant is { IsRunning: true } && !_participant.Synchronize())
        {
            return;
        }

        _timeline.Record(_origin, RecordKind.Console, bytes);
        _log.Write(bytes);
    }

    /// <summary>Gives the line up; the node and the lab go on.</summary>
    private void Lose(string why)
    {
        if (!_isLost)
        {
            _isLost = true;
            _typed.Clear();
            _notices.Fault($"serial line of node {_node}: the node {why}");
        }
    }

    /// <summary>A pipe whose other end the guest has.</summary>
    private sealed class PipeReader : IReadinessHandler, IDisposable
    {
        internal delegate void Receiver(ReadOnlySpan<byte> bytes);

        private readonly SerialConsole _console;
        private readonly FileDescriptor _pipe;
        private readonly Receiver _receiver;
        private int _token;

        internal PipeReader(SerialConsole console, FileDescriptor pipe, Receiver receiver)
        {
            _console = console;
            _pipe = pipe;
            _receiver = receiver;
            pipe.SetBlocking(false);
            _token = console._reactor.Add(pipe, this, Urgency);
        }

        public void OnReadable()
        {
            int count = _pipe.Read(_console._buffer);
            if (count > 0)
            {
                _receiver(_console._buffer.AsSpan(0, count));
            }
            else if (count != -Errno.EAGAIN)
            {
                StopReading(); // the guest is gone
            }
        }

        public void Dispose()
        {
            StopReading();
            _pipe.Dispose();
        }

        private void StopReading()
        {
            if (_token >= 0)
            {
                _console._reactor.Remove(_token);
                _token = -1;
            }
        }
    }
}
