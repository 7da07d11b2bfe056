using Orrery.Posix;
using Orrery.Simulation;

namespace Orrery.TimeTravel;

/// <summary>What participants say, in messages and in schedule memory.</summary>
public sealed partial class Calendar
{
    /// <summary>Broadcasts <paramref name="payload"/> to every participant, on behalf of somebody outside this calendar.</summary>
    public void Broadcast(ulong payload) => Relay(null, payload);

    /// <summary>Something has come on the connection of <paramref name="participant"/>, or it is closed.</summary>
    internal void OnReadable(Participant participant)
    {
        // An outer handler may have left whole messages: they come first.
        HandleReceived(participant);
        if (participant.Stream is not { } stream)
        {
            return;
        }

        int received = stream.Receive(wait: false);
        if (received > 0)
        {
            HandleReceived(participant);
        }
        else if (received != -Errno.EAGAIN)
        {
            DropDisconnected(participant);
        }
    }

    private void HandleReceived(Participant participant)
    {
        while (participant.Stream is { } stream && stream.TryTake(out TimeTravelMessage message))
        {
            Handle(participant, message);
        }
    }

    private void Handle(Participant participant, TimeTravelMessage message)
    {
        Options.Trace?.Invoke(participant, false, message);
        if (!participant.IsAdmitted)
        {
            HandleBeforeAdmission(participant, message);
            return;
        }

        LearnCapability(participant);
        switch (message.Operation)
        {
            case TimeTravelOperation.Acknowledge:
                if (!participant.Acknowledge(message.Sequence))
                {
                    Drop(participant, Fault(
                        participant, ParticipantRule.AcknowledgesWhatWasSent, $"acknowledged message {message.Sequence}, which nobody sent it"));
                }

                break;
            case TimeTravelOperation.Request:
                OnRequest(participant, message);
                break;
            case TimeTravelOperation.Wait:
                OnWait(participant, message);
                break;
            case TimeTravelOperation.Get:
                SynchronizeHolder();
                Answer(participant, message.Sequence, participant.ToLocal(Timeline.Now));
                break;
            case TimeTravelOperation.Update:
                OnUpdate(participant, message);
                break;
            case TimeTravelOperation.GetTimeOfDay:
                SynchronizeHolder();
                Answer(participant, message.Sequence, Options.StartEpochNanoseconds + Timeline.Now.Nanoseconds);
                break;
            case TimeTravelOperation.Broadcast:
                OnBroadcast(participant, message);
                break;
            case TimeTravelOperation.Start:
                Drop(participant, Fault(participant, ParticipantRule.StartOnce, "said START again"));
                break;
            default:
                Drop(participant, Fault(participant, ParticipantRule.ClientOperations, $"sent {message}"));
                break;
        }
    }

    private void HandleBeforeAdmission(Participant participant, TimeTravelMessage message)
    {
        if (participant.State == ParticipantState.Connected && message.Operation == TimeTravelOperation.Start)
        {
            OnStart(participant, message);
            return;
        }

        bool saidStart = participant.State == ParticipantState.Starting;
        Drop(participant, Fault(
            participant,
            saidStart && message.Operation == TimeTravelOperation.Start ? ParticipantRule.StartOnce : ParticipantRule.StartFirst,
            saidStart ? $"sent {message} before its START was acknowledged" : $"sent {message} before START"));
    }

    /// <summary>The first message after the admission shows whether the memory that was offered is used.</summary>
    private static void LearnCapability(Participant participant)
    {
        if (participant.IsCapabilityOpen)
        {
            participant.IsCapabilityOpen = false;
            participant.UsesMemory = participant.Memory?.IsCapable(participant.Slot) == true;
        }
    }

    private void OnRequest(Participant participant, TimeTravelMessage message)
    {
        SynchronizeHolder();
        if (participant.UsesMemory)
        {
            participant.Memory!.WriteRequest(participant.Slot, message.Time);
        }

        // While it uses memory and has the turn, the end of the turn takes the request over from there.
        bool isTakenOverLater = participant.UsesMemory && participant.IsRunning;
        if (isTakenOverLater || SetRequest(participant, message.Time))
        {
            Answer(participant, message.Sequence, 0);
        }
    }

    private void OnWait(Participant participant, TimeTravelMessage message)
    {
        if (participant.IsRunning)
        {
            EndTurnOf(participant, message.Sequence);
        }
        else
        {
            Drop(participant, Fault(participant, ParticipantRule.ActsInItsTurn, "said WAIT without having the turn"));
        }
    }

    private void OnUpdate(Participant participant, TimeTravelMessage message)
    {
        SimTime time = participant.FromLocal(message.Time);
        if (!participant.IsRunning)
        {
            // A guest that cleans up after a fatal signal does this; it changes nothing.
            if (time != Timeline.Now)
            {
                Drop(participant, Fault(
                    participant, ParticipantRule.ActsInItsTurn, $"said {message} (time {time}) without having the turn, at {Timeline.Now}"));
                return;
            }
        }
        else if (!AdvanceHolder(participant, time))
        {
            return;
        }

        Answer(participant, message.Sequence, 0);
    }

    private void OnBroadcast(Participant participant, TimeTravelMessage message)
    {
        if (participant.IsBroadcasting)
        {
            Drop(participant, Fault(
                participant, ParticipantRule.AwaitsAnswers, "sent BROADCAST while its last one was under way"));
            return;
        }

        participant.IsBroadcasting = true;
        Relay(participant, message.Time);
        participant.IsBroadcasting = false;
        Answer(participant, message.Sequence, 0);
        _observer.OnBroadcast(participant, message.Time);
    }

    /// <summary>Gives a broadcast to everybody admitted but its sender, in the order of origins, each after the one before has acknowledged it.</summary>
    private void Relay(Participant? sender, ulong payload)
    {
        Participant[] receivers = [.. _participants.Where(p => p != sender && p.IsAdmitted).OrderBy(p => p.Origin!.Id)];
        foreach (Participant receiver in receivers)
        {
            if (receiver.IsAdmitted)
            {
                SendAndAwait(receiver, TimeTravelOperation.Broadcast, payload);
            }
        }
    }

    /// <summary>Takes note of what a participant asks for, in its own time. While it has the turn, its event waits for the turn's end.</summary>
    /// <returns>False when it was dropped for asking for the past.</returns>
    private bool SetRequest(Participant participant, ulong localTime)
    {
        SimTime time = participant.FromLocal(localTime);
        if (time < Timeline.Now)
        {
            Drop(participant, Fault(
                participant, ParticipantRule.RequestsTheFuture, $"asked for its turn at {time}, which is past at {Timeline.Now}"));
            return false;
        }

        participant.LastRequest = time;
        if (time == participant.Request)
        {
            return true;
        }

        participant.Request = time;
        if (!participant.IsRunning)
        {
            ScheduleRequest(participant);
        }

        return true;
    }

    private void ScheduleRequest(Participant participant)
    {
        Timeline.Cancel(participant.Event);
        participant.Event = participant.Request == SimTime.Never
            ? EventHandle.None
            : Timeline.Schedule(participant.Request, EventPriority.Participants, participant.Origin!, participant);
    }

    /// <summary>Takes over what the participant's own slot asks for, after its turn or an interrupt.</summary>
    /// <returns>False when it was dropped.</returns>
    private bool TakeOverRequest(Participant participant) =>
        !participant.Memory!.TryReadRequest(participant.Slot, out ulong time) || SetRequest(participant, time);

    /// <summary>Takes over what waiting participants have put into the shared memory during somebody's turn, in the order of their slots.</summary>
    private void TakeOverNewRequests()
    {
        int slot = 0;
        while (_sharedMemory!.TryReadNewRequest(ref slot, out ulong time))
        {
            if (_members![slot] is { UsesMemory: true } member)
            {
                SetRequest(member, time);
            }
        }
    }
}
