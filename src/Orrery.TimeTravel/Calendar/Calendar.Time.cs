using Orrery.Simulation;

namespace Orrery.TimeTravel;

/// <summary>The time of whoever has the turn, and interrupts to those who wait.</summary>
public sealed partial class Calendar
{
    internal bool Synchronize(Participant participant)
    {
        if (participant.IsRunning)
        {
            LearnCapability(participant);
            return !participant.UsesMemory || TakeOverTime(participant);
        }

        if (participant.State == ParticipantState.Waiting)
        {
            Drop(participant, Fault(participant, ParticipantRule.ActsInItsTurn, "used a device without having the turn"));
        }

        return false;
    }

    internal bool BeginInterrupt(Participant participant)
    {
        if (participant.State != ParticipantState.Waiting)
        {
            return false;
        }

        if (_holder is not null)
        {
            throw new InvalidOperationException($"{participant} is interrupted while {_holder} has the turn.");
        }

        if (_awaitsWaitAnswer == participant)
        {
            AnswerWait(); // it serves no other socket before that
        }

        if (participant.UsesMemory)
        {
            participant.Memory!.TakeTurn(participant.ToLocal(Timeline.Now));
        }

        return participant.State == ParticipantState.Waiting;
    }

    internal bool EndInterrupt(Participant participant) =>
        participant.State == ParticipantState.Waiting && (!participant.UsesMemory || TakeOverRequest(participant));

    private void SynchronizeHolder()
    {
        if (_holder is { UsesMemory: true } holder)
        {
            TakeOverTime(holder);
        }
    }

    /// <summary>Moves the timeline to what the holder of the turn has written to its memory.</summary>
    /// <returns>False when it was dropped.</returns>
    private bool TakeOverTime(Participant holder) =>
        AdvanceHolder(holder, holder.FromLocal(holder.Memory!.CurrentTime));

    /// <summary>Moves the timeline to what the holder of the turn says is its time.</summary>
    /// <returns>False when that is against the rules; it was dropped.</returns>
    private bool AdvanceHolder(Participant holder, SimTime time)
    {
        if (Timeline.AdvanceTo(time) || (DropOutOfStep(holder, time) && Timeline.AdvanceTo(time)))
        {
            if (_sharedMemory is { } memory && !holder.UsesMemory)
            {
                memory.CurrentTime = SharedLocal(time);
            }

            return true;
        }

        Drop(holder, Fault(
            holder,
            ParticipantRule.StaysWithinItsTurn,
            $"moved its time to {time}; it was at {Timeline.Now} and may only move to before {Timeline.FreeUntil}"));
        return false;
    }

    /// <summary>
    /// The holder has passed its limit but not the one it was granted: somebody who waits has asked for an earlier time, and
    /// not while the holder was waiting for it, which is how that happens by the rules. The holder could not know, so the one
    /// who asked is at fault.
    /// </summary>
    /// <returns>Whether anybody was dropped; the limit is a new one then.</returns>
    private bool DropOutOfStep(Participant holder, SimTime time)
    {
        if (time < Timeline.Now || time >= holder.GrantedLimit)
        {
            return false;
        }

        Participant[] outOfStep = [.. _participants.Where(p => p.State == ParticipantState.Waiting && p.Request <= time)];
        foreach (Participant participant in outOfStep)
        {
            Drop(participant, Fault(
                participant,
                ParticipantRule.RequestsInStep,
                $"asked for its turn at {participant.Request} while {holder} was running freely, and had already reached {time}"));
        }

        if (outOfStep.Length > 0)
        {
            Timeline.EndTurn();
            Timeline.BeginTurn(holder);
        }

        return outOfStep.Length > 0;
    }
}
