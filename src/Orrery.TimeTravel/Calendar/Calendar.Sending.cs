using Microsoft.Win32.SafeHandles;
using Orrery.Posix;

namespace Orrery.TimeTravel;

/// <summary>Messages to participants, each in one write, and the waits for their acknowledgements.</summary>
public sealed partial class Calendar
{
    private readonly SafeFileHandle _noLog = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write);

    private void SendStartAnswer(Participant participant, FileDescriptor memory)
    {
        int log = Options.Log?.Number ?? (int)_noLog.DangerousGetHandle(); // open for as long as this object is
        var answer = new TimeTravelMessage(
            TimeTravelOperation.Acknowledge, participant.StartSequence, (ulong)participant.Slot);
        Options.Trace?.Invoke(participant, true, answer);
        if (participant.Stream is { } stream)
        {
            DropIfUnreachable(participant, stream.Send(answer, [memory.Number, log]));
        }
    }

    private void SendRun(Participant participant, ulong now) =>
        Send(participant, [new TimeTravelMessage(TimeTravelOperation.Run, participant.Number(), now)]);

    /// <summary>Grants a turn in messages: what is due of [WAIT's acknowledgement, FREE_UNTIL, RUN], in one write.</summary>
    private void SendGrant(Participant participant, ulong now, ulong freeUntil)
    {
        Span<TimeTravelMessage> messages = stackalloc TimeTravelMessage[3];
        int count = 0;
        if (_awaitsWaitAnswer == participant)
        {
            _awaitsWaitAnswer = null;
            messages[count++] = new TimeTravelMessage(TimeTravelOperation.Acknowledge, participant.WaitSequence, 0);
        }

        if (!participant.TryNumber(out uint freeUntilSequence) || !participant.TryNumber(out uint runSequence))
        {
            DropSilent(participant);
            return;
        }

        messages[count++] = new TimeTravelMessage(TimeTravelOperation.FreeUntil, freeUntilSequence, freeUntil);
        messages[count++] = new TimeTravelMessage(TimeTravelOperation.Run, runSequence, now);
        Send(participant, messages[..count]);
    }

    /// <summary>Sends the acknowledgement of WAIT that was held back, if one was.</summary>
    private void AnswerWait()
    {
        if (_awaitsWaitAnswer is { } participant)
        {
            _awaitsWaitAnswer = null;
            Answer(participant, participant.WaitSequence, 0);
        }
    }

    private void Answer(Participant participant, uint sequence, ulong time) =>
        Send(participant, [new TimeTravelMessage(TimeTravelOperation.Acknowledge, sequence, time)]);

    private void Send(Participant participant, ReadOnlySpan<TimeTravelMessage> messages)
    {
        if (Options.Trace is { } trace)
        {
            foreach (TimeTravelMessage message in messages)
            {
                trace(participant, true, message);
            }
        }

        if (participant.Stream is { } stream)
        {
            DropIfUnreachable(participant, stream.Send(messages));
        }
    }

    /// <summary>
    /// Sends a request and waits for its acknowledgement, on this participant's socket alone: a participant acknowledges at
    /// every point at which it waits, whatever it waits for, so nobody else is needed; and whoever caused this is not called
    /// again in the middle of what it does. What else the participant says meanwhile is handled.
    /// </summary>
    private void SendAndAwait(Participant participant, TimeTravelOperation operation, ulong time)
    {
        if (!participant.TryNumber(out uint sequence))
        {
            DropSilent(participant);
            return;
        }

        // A participant reads the answer to its WAIT before anything else.
        if (_awaitsWaitAnswer == participant)
        {
            AnswerWait();
        }

        Send(participant, [new TimeTravelMessage(operation, sequence, time)]);
        var limit = new WaitLimit(_waitLimitMilliseconds);
        while (participant.Stream is { } stream && participant.IsUnacknowledged(sequence))
        {
            // What else it says does not prolong the wait.
            bool waits = limit.Next() > 0;
            if (waits && stream.TryTake(out TimeTravelMessage message))
            {
                Handle(participant, message);
                continue;
            }

            int received = waits ? stream.Receive(wait: true) : -Errno.EAGAIN;
            if (received == -Errno.EAGAIN)
            {
                ParticipantFault fault = Fault(
                    participant, ParticipantRule.AnswersInTime, $"does not acknowledge {new TimeTravelMessage(operation, sequence, time)}");
                if (_observer.OnOverdue(participant, fault))
                {
                    Drop(participant, fault);
                }

                limit = new WaitLimit(_waitLimitMilliseconds);
            }
            else if (received <= 0)
            {
                DropDisconnected(participant);
            }
        }
    }
}
