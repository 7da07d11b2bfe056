using Orrery.Posix;

namespace Orrery.TimeTravel;

/// <summary>Messages: START, requests and their answers, and what the calendar says in between.</summary>
public sealed partial class TimeTravelClient
{
    // Broadcasts nobody has taken; beyond it the oldest is forgotten, as a guest keeps only the last.
    private const int BroadcastsMax = 1024;

    // The acknowledgement of START brings the schedule memory and a log (timetravel-protocol 6.1), or nothing.
    private const int StartDescriptorCount = 2;

    private readonly Queue<ulong> _broadcasts = new();
    private uint _sequence;
    private uint _awaited;
    private bool _isAnswered;
    private ulong _answer;

    /// <summary>Sends a number to everybody else; returns when all have it.</summary>
    public bool Broadcast(ulong payload) => Fault is null && Ask(TimeTravelOperation.Broadcast, payload, out _);

    /// <summary>Takes the oldest broadcast that came from others. The last 1024 are kept.</summary>
    public bool TryTakeBroadcast(out ulong payload) => _broadcasts.TryDequeue(out payload);

    /// <inheritdoc/>
    public void OnReadable()
    {
        if (!Receive(wait: false))
        {
            return;
        }

        while (Fault is null && _stream.TryTake(out TimeTravelMessage message))
        {
            Handle(message);
        }
    }

    private bool Start()
    {
        if (!Tell(TimeTravelOperation.Start, _options.Id))
        {
            return false;
        }

        var descriptors = new FileDescriptor?[UnixSocket.DescriptorsMax];
        int count = 0;
        TimeTravelMessage answer;
        while (!_stream.TryTake(out answer))
        {
            int received = _stream.Receive(descriptors, out int receivedCount);
            count = Math.Max(count, receivedCount);
            if (received <= 0)
            {
                DisposeAll(descriptors);
                return FailReceive(received);
            }
        }

        bool isAnswer = answer.Operation == TimeTravelOperation.Acknowledge && answer.Sequence == _sequence;
        var slot = (ushort)answer.Time;
        bool isWhole = count == StartDescriptorCount || (count == 0 && slot == 0);
        if (isAnswer && isWhole && slot != 0 && _options.UseMemory)
        {
            _memory = AttachedMemory.TryAttach(descriptors[0]!, slot);
        }

        DisposeAll(descriptors);
        if (!isAnswer)
        {
            return Fail(CalendarRule.AnswersStartFirst, $"said {answer} before it acknowledged START");
        }

        if (!isWhole)
        {
            return Fail(
                CalendarRule.BringsItsMemory, $"acknowledged START with slot {slot} and {count} descriptors; a memory has a slot and {StartDescriptorCount}");
        }

        UnixSocket.SetTimeouts(_stream.Socket, (int)Math.Clamp(_options.AnswerLimit.TotalMilliseconds, 1, int.MaxValue));
        _reactorToken = Reactor.Add(_stream.Socket, this, Urgency);
        IsRunning = true;
        return true;
    }

    /// <summary>Sends a message that is not acknowledged here.</summary>
    private bool Tell(TimeTravelOperation operation, ulong time)
    {
        if (++_sequence == 0)
        {
            _sequence = 1;
        }

        return Send(new TimeTravelMessage(operation, _sequence, time));
    }

    /// <summary>Sends a request and reads the calendar's socket, and no other, until it is acknowledged.</summary>
    private bool Ask(TimeTravelOperation operation, ulong time, out ulong answer)
    {
        answer = 0;
        if (Fault is not null || !Tell(operation, time))
        {
            return false;
        }

        _awaited = _sequence;
        _isAnswered = false;
        while (!_isAnswered)
        {
            if (_stream.TryTake(out TimeTravelMessage message))
            {
                Handle(message);
            }
            else
            {
                Receive(wait: true);
            }

            if (Fault is not null)
            {
                return false;
            }
        }

        answer = _answer;
        return true;
    }

    private void Handle(TimeTravelMessage message)
    {
        switch (message.Operation)
        {
            case TimeTravelOperation.Acknowledge:
                OnAcknowledge(message);
                return;
            case TimeTravelOperation.Run:
                OnRun(message);
                if (UsesMemory)
                {
                    return; // not acknowledged
                }

                break;
            case TimeTravelOperation.FreeUntil:
                _freeUntil = message.Time;
                break;
            case TimeTravelOperation.Broadcast:
                if (_broadcasts.Count == BroadcastsMax)
                {
                    _broadcasts.Dequeue();
                }

                _broadcasts.Enqueue(message.Time);
                break;
            default:
                Fail(CalendarRule.CalendarOperations, $"sent {message}");
                return;
        }

        if (Fault is null)
        {
            Send(new TimeTravelMessage(TimeTravelOperation.Acknowledge, message.Sequence, 0));
        }
    }

    private void OnAcknowledge(TimeTravelMessage message)
    {
        if (_awaited == 0 || message.Sequence != _awaited)
        {
            Fail(
                CalendarRule.AcknowledgesInOrder,
                $"acknowledged message {message.Sequence}, but {(_awaited == 0 ? "none" : _awaited.ToString())} waits for it");
            return;
        }

        _awaited = 0;
        _isAnswered = true;
        _answer = message.Time;
    }

    private bool Receive(bool wait)
    {
        int received = _stream.Receive(wait);
        return received > 0 || (received == -Errno.EAGAIN && !wait) || FailReceive(received);
    }

    private bool FailReceive(int result) =>
        result == -Errno.EAGAIN ? Fail(CalendarRule.AnswersInTime, $"has not answered for {_options.AnswerLimit.TotalSeconds} s")
        : _stream.PartialBytes > 0 ? Fail(CalendarRule.WholeMessages, "closed the connection in the middle of a message")
        : Fail(CalendarRule.KeepsConnection, "closed the connection");

    private bool Send(TimeTravelMessage message)
    {
        int result = _stream.Send([message]);
        return result == 0
            || (result == -Errno.EAGAIN
                ? Fail(CalendarRule.Reads, "does not read its messages")
                : Fail(CalendarRule.KeepsConnection, "closed the connection"));
    }

    private static void DisposeAll(FileDescriptor?[] descriptors)
    {
        foreach (FileDescriptor? descriptor in descriptors)
        {
            descriptor?.Dispose();
        }
    }
}
