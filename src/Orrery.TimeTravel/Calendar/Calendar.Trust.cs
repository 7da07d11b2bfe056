using Orrery.Posix;
using Orrery.Simulation;

namespace Orrery.TimeTravel;

/// <summary>Participants that break the rules, or leave.</summary>
public sealed partial class Calendar
{
    private static ParticipantFault Fault(Participant participant, ParticipantRule rule, string what)
    {
        string who = participant.ProcessId != 0 ? $"{participant.Name} (process {participant.ProcessId})" : participant.Name;
        string asked = participant.LastRequest == SimTime.Never ? "" : $"; it last asked for its turn at {participant.LastRequest}";
        return new ParticipantFault(rule, who, what + asked, Advice(rule));
    }

    private static string Advice(ParticipantRule rule) => rule switch
    {
        ParticipantRule.StartFirst => "a client says START first and waits for its acknowledgement; correct the client",
        ParticipantRule.StartOnce => "a client says START once on a connection; correct the client",
        ParticipantRule.IsExpected => "give it the identification of one that is expected (time-travel=ext:ID:PATH)",
        ParticipantRule.IdIsUnique => "give each participant an identification of its own (time-travel=ext:ID:PATH)",
        ParticipantRule.ConnectsInTime => "see its log; check that it was started with the path of this calendar's socket",
        ParticipantRule.WholeMessages => "a message is 16 bytes; correct the client, or see its log if it crashed",
        ParticipantRule.ClientOperations => "correct the client",
        ParticipantRule.AcknowledgesWhatWasSent => "an acknowledgement repeats the number of the request it answers; correct the client",
        ParticipantRule.ActsInItsTurn => "between WAIT and RUN a client only answers; correct the client",
        ParticipantRule.StaysWithinItsTurn => "a client moves its time forward only, and asks before it reaches its limit; correct the client",
        ParticipantRule.RequestsTheFuture => "a client asks for its own present (GET) at the earliest; correct the client",
        ParticipantRule.RequestsInStep => "a waiting client asks only when the running one waits for its answer; correct the client",
        ParticipantRule.LetsTimePass => "it asks for the same instant again and again; see what it waits for there",
        ParticipantRule.AwaitsAnswers => "a client waits for an answer before it asks again; correct the client",
        ParticipantRule.Reads => "a client reads what it is sent whenever it waits; correct the client",
        ParticipantRule.AnswersInTime =>
            "look for an endless loop without system calls in it, or for whoever it waits for; allow more time if it only computes",
        ParticipantRule.StartsOnce => "start Linux guests with noreboot; it is admitted again as a new participant",
        _ => throw new ArgumentOutOfRangeException(nameof(rule)),
    };

    /// <summary>Ends a participant that is not wanted any more; whoever waits for it goes on. On the timeline's thread.</summary>
    public void Dismiss(Participant participant) => Drop(participant, null);

    private void DropDisconnected(Participant participant) => Drop(
        participant,
        participant.Stream is { PartialBytes: > 0 }
            ? Fault(participant, ParticipantRule.WholeMessages, "closed its connection in the middle of a message")
            : null);

    /// <summary>Looks at the result of a send: it may be gone, or have stopped reading.</summary>
    private void DropIfUnreachable(Participant participant, int result)
    {
        if (result < 0)
        {
            Drop(participant, result == -Errno.EAGAIN
                ? Fault(participant, ParticipantRule.Reads, "does not read its messages")
                : null);
        }
    }

    private void DropSilent(Participant participant) => Drop(
        participant, Fault(participant, ParticipantRule.AnswersInTime, "does not acknowledge its messages"));

    /// <summary>Ends a participant; everybody else goes on.</summary>
    /// <param name="participant">Who.</param>
    /// <param name="fault">What it did wrong, or null when it left.</param>
    private void Drop(Participant participant, ParticipantFault? fault)
    {
        if (participant.State == ParticipantState.Gone)
        {
            return;
        }

        Close(participant);
        _observer.OnLeft(participant, fault);
    }

    private void Close(Participant participant)
    {
        participant.State = ParticipantState.Gone;
        _participants.Remove(participant);
        if (_holder == participant)
        {
            _holder = null; // whoever serves its turn sees that it is over
        }

        if (_awaitsWaitAnswer == participant)
        {
            _awaitsWaitAnswer = null;
        }

        Timeline.Cancel(participant.Event);
        participant.Event = EventHandle.None;
        participant.Request = SimTime.Never;
        CloseConnection(participant);
        CloseMemory(participant);
    }

    private void CloseConnection(Participant participant)
    {
        if (participant.Stream is { } stream)
        {
            Reactor.Remove(participant.ReactorToken);
            stream.Dispose();
            participant.Stream = null;
        }

        participant.ForgetUnacknowledged();
    }

    private void CloseMemory(Participant participant)
    {
        if (participant.Memory is { } memory)
        {
            if (memory == _sharedMemory)
            {
                memory.ReturnSlot(participant.Slot);
                _members![participant.Slot] = null;
            }
            else
            {
                memory.Dispose();
            }
        }

        participant.Memory = null;
        participant.UsesMemory = false;
        participant.IsCapabilityOpen = false;
    }
}
