using Orrery.Posix;
using Orrery.Simulation;

namespace Orrery.TimeTravel;

/// <summary>Connections, START, and the first turn (um_timetravel, "Admission of clients").</summary>
public sealed partial class Calendar
{
    // Admissions come before the turns of the same instant: a guest may need a device that is yet to be admitted.
    private const EventPriority AdmissionPriority = EventPriority.Processes;

    private ScheduleMemory? _sharedMemory;
    private Participant?[]? _members; // of the shared memory, by slot
    private int _connectionCount;

    /// <summary>Takes connections at a socket of the file system; its path must not exist yet. Called again, it listens at another, too.</summary>
    /// <returns>0, or a negated <see cref="Errno"/>.</returns>
    public int Listen(string path)
    {
        var listener = Listener.Create(
            Reactor, path, ListenerUrgency, OnConnected, line => _observer.OnNotice(line), out int error);
        if (listener is not null)
        {
            _listeners.Add(listener);
        }

        return error;
    }

    /// <summary>Announces a participant: whoever says START with this identification is it.</summary>
    /// <param name="id">The identification.</param>
    /// <param name="origin">Its name, and its place among those that run at the same instant.</param>
    /// <param name="admission">
    /// When it is admitted: there the timeline waits until it has connected. Its own clock starts at 0 then.
    /// </param>
    /// <param name="mayUseMemory">False hands it the refusal of schedule memory.</param>
    public Participant Expect(ulong id, Origin origin, SimTime admission, bool mayUseMemory = true)
    {
        var participant = new Participant(this, id, origin.Name, origin) { IsAnnounced = true, MayUseMemory = mayUseMemory };
        _participants.Add(participant);
        participant.Event = Timeline.Schedule(admission, AdmissionPriority, origin, participant);
        return participant;
    }

    /// <summary>Participants that were not announced, have said START and wait to be admitted.</summary>
    public int StartingCount => _participants.Count(IsStartingUnannounced);

    /// <summary>
    /// Admits now whoever waits without having been announced, in the order of their identifications (none counts as 0), then
    /// of their arrival. Only while the simulation stands still: between its start and the first run, or at an epoch's end.
    /// </summary>
    public void AdmitStarting()
    {
        Participant[] starting = [.. _participants.Where(IsStartingUnannounced)
            .OrderBy(p => p.Id == TimeTravelMessage.NoId ? 0 : p.Id).ThenBy(p => p.ArrivalNumber)];
        foreach (Participant participant in starting)
        {
            participant.Origin = Timeline.Simulator.AddOrigin(participant.Name);
            participant.Event = Timeline.Schedule(Timeline.Now, AdmissionPriority, participant.Origin, participant);
        }
    }

    private static bool IsStartingUnannounced(Participant participant) =>
        participant is { State: ParticipantState.Starting, Origin: null };

    private void OnConnected(FileDescriptor socket)
    {
        if (_participants.Count(p => p.State is ParticipantState.Connected or ParticipantState.Starting) >= Options.WaitingConnectionsMax)
        {
            socket.Dispose();
            _observer.OnNotice(
                $"a connection was refused: {Options.WaitingConnectionsMax} wait to be admitted already");
            return;
        }

        int process = UnixSocket.PeerProcess(socket);
        UnixSocket.SetTimeouts(socket, _waitLimitMilliseconds);
        var participant = new Participant(this, TimeTravelMessage.NoId, $"connection {++_connectionCount}", null)
        {
            State = ParticipantState.Connected,
            ProcessId = process,
            ArrivalNumber = _connectionCount,
        };
        _participants.Add(participant);
        Attach(participant, new MessageStream(socket));
    }

    private void Attach(Participant participant, MessageStream stream)
    {
        participant.Stream = stream;
        participant.ReactorToken = Reactor.Add(stream.Socket, participant, ParticipantUrgency);
    }

    private void OnStart(Participant connection, TimeTravelMessage message)
    {
        ulong id = message.Time;
        connection.Id = id;
        connection.StartSequence = message.Sequence;
        connection.State = ParticipantState.Starting;
        if (id != TimeTravelMessage.NoId)
        {
            connection.Name = $"client {id}";
        }

        Participant? former = _participants.Find(p => p != connection && p.Id == id && p.State != ParticipantState.Expected
            && IsSameGuest(p, connection));
        if (former is not null)
        {
            OnRestart(former, connection);
            return;
        }

        Participant? expected = _participants.Find(p => p != connection && p.Id == id && p.Origin is not null);
        if (expected is { State: ParticipantState.Expected })
        {
            Adopt(expected, connection);
        }
        else if (!Options.AdmitsUnknown)
        {
            Drop(connection, expected is null
                ? Fault(connection, ParticipantRule.IsExpected, $"said {message}, which nobody announced")
                : Fault(connection, ParticipantRule.IdIsUnique, $"said {message}, as {expected} has done"));
        }
        else if (id != TimeTravelMessage.NoId && _participants.Exists(p => p != connection && p.Id == id))
        {
            _observer.OnNotice($"{connection.Name} has the identification of another participant; both take part");
        }
    }

    /// <summary>
    /// A guest that restarts itself keeps its process, and its old connection open, with the turn (um_timetravel, P9). Without
    /// an identification only the turn tells it from another participant of the same process.
    /// </summary>
    private static bool IsSameGuest(Participant former, Participant connection) =>
        former.ProcessId == connection.ProcessId && former.ProcessId != 0
        && (former.Id != TimeTravelMessage.NoId || former.IsRunning);

    private void OnRestart(Participant former, Participant connection)
    {
        ParticipantFault fault = Fault(former, ParticipantRule.StartsOnce, "has restarted inside its process");
        Drop(former, fault);
        if (!former.IsAnnounced)
        {
            return; // it is admitted anew as any other that joins late
        }

        // What the old kernel did is known up to the timeline's time; whatever it did later, nobody has seen.
        _participants.Add(former);
        former.State = ParticipantState.Expected;
        former.Event = Timeline.Schedule(Timeline.Now, AdmissionPriority, former.Origin!, former);
        Adopt(former, connection);
    }

    /// <summary>An announced participant takes over the connection it was waited for on.</summary>
    private void Adopt(Participant expected, Participant connection)
    {
        MessageStream stream = connection.Stream!;
        Reactor.Remove(connection.ReactorToken);
        connection.Stream = null;
        connection.State = ParticipantState.Gone;
        _participants.Remove(connection);

        expected.ProcessId = connection.ProcessId;
        expected.StartSequence = connection.StartSequence;
        expected.State = ParticipantState.Starting;
        Attach(expected, stream);
        HandleReceived(expected);
    }

    /// <summary>An announced time of admission has come, or one that waited is let in.</summary>
    private void Admit(Participant participant)
    {
        ServeWhile(
            participant,
            static p => p.State is ParticipantState.Expected,
            static p => Fault(p, ParticipantRule.ConnectsInTime, "has not connected"));
        if (participant.State != ParticipantState.Starting)
        {
            return;
        }

        Timeline.BeginTurn(participant);
        AnswerWait();
        participant.AdmittedAt = Timeline.Now;
        participant.GrantedLimit = Timeline.Now;
        participant.IsCapabilityOpen = true;
        participant.State = ParticipantState.Running;
        _holder = participant;

        // The window is shut: a guest boots to its first wait, and gets its real window with the next turn.
        FileDescriptor? refusal = null;
        ScheduleMemory? memory = MemoryFor(participant);
        if (memory is null)
        {
            refusal = ScheduleMemory.CreateRefusal();
            _sharedMemory?.GrantForeign(SharedLocal(Timeline.Now), SharedLocal(Timeline.Now));
        }
        else
        {
            participant.Memory = memory;
            memory.Grant(participant.Slot, participant.ToLocal(Timeline.Now), participant.ToLocal(Timeline.Now));
        }

        using (refusal)
        {
            SendStartAnswer(participant, memory?.File ?? refusal!);
        }

        if (participant.IsRunning)
        {
            _observer.OnAdmitted(participant);
        }

        ServeTurn(participant);
    }

    /// <summary>The memory a participant gets, with its slot taken, or null.</summary>
    private ScheduleMemory? MemoryFor(Participant participant)
    {
        participant.Slot = ScheduleMemory.PrivateSlot;
        if (!participant.MayUseMemory || Options.Memory == MemoryMode.Off)
        {
            return null;
        }

        if (Options.Memory == MemoryMode.Private)
        {
            var memory = ScheduleMemory.CreatePrivate(Timeline.Now);
            memory.TryTakeSlot(participant.Id, out _);
            return memory;
        }

        // A Linux 6.12 guest that is admitted when the memory's time is not 0 mixes it up with its own time.
        _sharedMemory ??= ScheduleMemory.CreateShared(Timeline.Now);
        _members ??= new Participant?[_sharedMemory.SlotCount];
        if (_sharedMemory.Start != Timeline.Now || !_sharedMemory.TryTakeSlot(participant.Id, out int slot))
        {
            return null;
        }

        participant.Slot = slot;
        _members[slot] = participant;
        return _sharedMemory;
    }

    private ulong SharedLocal(SimTime time) => time.Nanoseconds - _sharedMemory!.Start.Nanoseconds;
}
