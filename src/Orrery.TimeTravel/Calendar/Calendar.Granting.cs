using Orrery.Posix;
using Orrery.Simulation;

namespace Orrery.TimeTravel;

/// <summary>Turns: granted, limited, given back (docs/architecture.md, "A turn").</summary>
public sealed partial class Calendar
{
    // Whose WAIT is not acknowledged yet: its own turn is next, and the answer travels with that grant, in one write, unless
    // something else comes first after all.
    private Participant? _awaitsWaitAnswer;

    /// <summary>The event of <paramref name="participant"/> is due.</summary>
    internal void OnDue(Participant participant)
    {
        participant.Event = EventHandle.None;
        if (participant.State == ParticipantState.Waiting)
        {
            Grant(participant);
        }
        else
        {
            Admit(participant);
        }
    }

    /// <summary>Something is now due before the limit of the turn: whoever has it must know before whoever caused that goes on.</summary>
    internal void LowerTurn(Participant participant, SimTime limit)
    {
        // A turn whose limit is the time it began at (the first one) has nothing to lower.
        if (_holder != participant || participant.GrantedLimit <= limit)
        {
            return;
        }

        if (participant.UsesMemory)
        {
            participant.Memory!.LowerFreeUntil(participant.ToLocal(limit));
            return;
        }

        // While this waits, another request may lower the limit again: that one waits for its own acknowledgement.
        SendAndAwait(participant, TimeTravelOperation.FreeUntil, participant.ToLocal(limit));
    }

    private void Grant(Participant participant)
    {
        SimTime now = Timeline.Now;
        if (!CountTurn(participant, now))
        {
            return;
        }

        SimTime limit = Timeline.BeginTurn(participant);
        participant.Request = SimTime.Never;
        participant.GrantedLimit = limit;
        participant.State = ParticipantState.Running;
        _holder = participant;
        ulong localNow = participant.ToLocal(now);
        if (participant.UsesMemory)
        {
            AnswerWait();
            participant.Memory!.Grant(participant.Slot, localNow, participant.ToLocal(limit));
            SendRun(participant, localNow);
        }
        else
        {
            if (_awaitsWaitAnswer != participant)
            {
                AnswerWait();
            }

            PublishMessageTurn(participant, now, limit);
            SendGrant(participant, localNow, participant.ToLocal(limit));
        }

        ServeTurn(participant);
    }

    /// <summary>Those with shared memory must see that whoever runs cannot read what they write there.</summary>
    private void PublishMessageTurn(Participant participant, SimTime now, SimTime limit)
    {
        if (_sharedMemory is null)
        {
            return;
        }

        if (participant.Memory == _sharedMemory)
        {
            _sharedMemory.Grant(participant.Slot, SharedLocal(now), SharedLocal(limit));
        }
        else
        {
            _sharedMemory.GrantForeign(SharedLocal(now), SharedLocal(limit));
        }
    }

    private bool CountTurn(Participant participant, SimTime now)
    {
        participant.TurnCount++;
        if (now != participant.LastTurn)
        {
            participant.LastTurn = now;
            participant.TurnsAtInstant = 0;
        }

        if (++participant.TurnsAtInstant <= Options.TurnsPerInstantMax)
        {
            return true;
        }

        Drop(participant, Fault(
            participant, ParticipantRule.LetsTimePass, $"has had {Options.TurnsPerInstantMax} turns at {now}"));
        return false;
    }

    /// <summary>Serves the timeline's sockets until <paramref name="participant"/> has given its turn back, and takes over what is asked for.</summary>
    private void ServeTurn(Participant participant)
    {
        ServeWhile(
            participant,
            static p => p.IsRunning,
            static p => Fault(p, ParticipantRule.AnswersInTime, "does not give its turn back"));
        if (participant.UsesMemory && participant.Memory == _sharedMemory)
        {
            TakeOverTime(participant); // what others ask for must not be before it
        }

        Timeline.EndTurn();
        participant.Memory?.TakeTurn();
        _sharedMemory?.TakeTurn();
        if (participant.State == ParticipantState.Waiting)
        {
            if (participant.UsesMemory)
            {
                TakeOverRequest(participant);
            }
            else
            {
                ScheduleRequest(participant);
                if (participant.Request != Timeline.NextEventTime || participant.Request >= Timeline.Limit)
                {
                    AnswerWait();
                }
            }
        }

        if (_sharedMemory is not null)
        {
            TakeOverNewRequests();
        }
    }

    /// <summary>Serves the timeline's sockets while a condition holds. Each time the limit of waiting passes, the observer decides.</summary>
    private void ServeWhile(
        Participant participant, Func<Participant, bool> condition, Func<Participant, ParticipantFault> describe)
    {
        var limit = new WaitLimit(_waitLimitMilliseconds);
        while (condition(participant))
        {
            if (limit.Next() is > 0 and int slice)
            {
                Reactor.RunOnce(slice);
                continue;
            }

            ParticipantFault fault = describe(participant);
            if (_observer.OnOverdue(participant, fault))
            {
                Drop(participant, fault);
                return;
            }

            limit = new WaitLimit(_waitLimitMilliseconds);
        }
    }

    /// <summary>The participant has given its turn back.</summary>
    private void EndTurnOf(Participant participant, uint sequence)
    {
        participant.State = ParticipantState.Waiting;
        _holder = null;
        if (!participant.UsesMemory)
        {
            AnswerWait();
            participant.WaitSequence = sequence;
            _awaitsWaitAnswer = participant;
        }
    }
}
