using Orrery.Lab.Running;
using Orrery.Posix;
using Orrery.Simulation;
using Orrery.TimeTravel;
using RunResult = Orrery.Simulation.RunResult;

namespace Orrery.Cli.Controller;

/// <summary>A calendar with all its participants in one timeline and one memory, until the last has left.</summary>
internal sealed class ControllerRun : ICalendarObserver
{
    private const int MessagesLevel = 2;
    private const int ScheduleLevel = 3;
    private const int UsageError = 2;

    private readonly ControllerSettings _settings;
    private readonly TextWriter _output;
    private readonly Action<string> _complain;
    private readonly Simulator _simulator = new();
    private readonly Timeline _timeline;
    private Calendar? _calendar;

    public ControllerRun(ControllerSettings settings, TextWriter output, Action<string> complain)
    {
        _settings = settings;
        _output = output;
        _complain = complain;
        _timeline = _simulator.AddTimeline("calendar");
    }

    /// <summary>Serves until the last participant has left, or nothing can happen any more.</summary>
    /// <returns>The exit status: 0, or 2 when a socket cannot be made.</returns>
    public int Run()
    {
        using FileDescriptor log = DuplicateOutput();
        using var reactor = new Reactor();
        using var calendar = new Calendar(_timeline, reactor, Options(log), this);
        _calendar = calendar;
        int error = calendar.Listen(_settings.TimeSocket!);
        if (error < 0)
        {
            _complain($"cannot listen at {_settings.TimeSocket}: {Errno.Describe(error)}");
            return UsageError;
        }

        using NetworkServer? network = OpenNetwork(reactor, out string? problem);
        if (problem is not null)
        {
            _complain(problem);
            return UsageError;
        }

        Say($"waiting for {_settings.ClientCount} clients");
        while (calendar.StartingCount < _settings.ClientCount)
        {
            reactor.RunOnce(-1);
        }

        calendar.AdmitStarting();
        _simulator.EpochEnded += _ => calendar.AdmitStarting();
        RunUntilAllHaveLeft(calendar);
        return 0;
    }

    void ICalendarObserver.OnAdmitted(Participant participant) =>
        Say($"{participant} (process {participant.ProcessId}) is admitted");

    void ICalendarObserver.OnLeft(Participant participant, ParticipantFault? fault)
    {
        if (fault is not null)
        {
            _complain($"at {_timeline.Now}: {fault}");
        }

        Say($"{participant} has left after {participant.TurnCount} turns");
    }

    bool ICalendarObserver.OnOverdue(Participant participant, ParticipantFault fault)
    {
        _complain($"at {_timeline.Now}: {fault}; still waiting");
        return false;
    }

    void ICalendarObserver.OnBroadcast(Participant participant, ulong payload)
    {
    }

    void ICalendarObserver.OnNotice(string line) => _complain(line);

    private static FileDescriptor DuplicateOutput()
    {
        using var output = new FileDescriptor(1);
        FileDescriptor duplicate = output.Duplicate();
        output.SetHandleAsInvalid(); // it is the process's, not ours to close
        return duplicate;
    }

    private static ulong WallClockNanoseconds() => (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private CalendarOptions Options(FileDescriptor log) => new()
    {
        Memory = _settings.UsesMemory ? MemoryMode.Shared : MemoryMode.Off,
        AdmitsUnknown = true,
        StartEpochNanoseconds = _settings.StartEpochNanoseconds != 0 ? _settings.StartEpochNanoseconds : WallClockNanoseconds(),
        Log = log,
        Trace = _settings.DebugLevel >= MessagesLevel ? TraceMessage : null,
    };

    private void RunUntilAllHaveLeft(Calendar calendar)
    {
        while (true)
        {
            RunResult result = _simulator.Run(SimTime.Never, () => HasNobody(calendar));
            if (result.Failure is { } failure)
            {
                throw failure.Exception;
            }

            if (HasNobody(calendar))
            {
                return;
            }

            if (calendar.StartingCount == 0)
            {
                _complain($"at {_timeline.Now}: all participants wait and none asks for a turn: nothing can ever happen again");
                return;
            }

            calendar.AdmitStarting();
        }
    }

    /// <summary>Whether nobody takes part; connections that have not said START do not count.</summary>
    private static bool HasNobody(Calendar calendar) =>
        calendar.Participants.All(p => p.State == ParticipantState.Connected);

    private NetworkServer? OpenNetwork(Reactor reactor, out string? problem)
    {
        problem = null;
        if (_settings.NetworkSocket is null)
        {
            return null;
        }

        Origin origin = _simulator.AddOrigin("network");
        var frameSwitch = new FrameSwitch(_timeline, origin, _settings.NetworkDelay, () => _timeline.Now);
        return NetworkServer.Open(_settings.NetworkSocket, frameSwitch, reactor, HostOf, _complain, out problem);

        // A guest connects to its devices in its turn; its process says which guest it is.
        CardHost? HostOf(FileDescriptor connection)
        {
            int process = UnixSocket.PeerProcess(connection);
            Participant? participant =
                _calendar!.Participants.FirstOrDefault(p => p.ProcessId == process) ?? _calendar.Holder;
            if (participant is null)
            {
                return null;
            }

            var clock = new ParticipantClock();
            clock.Attach(participant);
            return new CardHost(clock, new DeviceScheduler(_timeline, origin));
        }
    }

    private void TraceMessage(Participant participant, bool isSent, TimeTravelMessage message)
    {
        _output.WriteLine($"[{_timeline.Now.Nanoseconds,12}] [{participant.Name,-20}] {(isSent ? '>' : '<')}{message.Sequence,6}| {message}");
        if (isSent && message.Operation == TimeTravelOperation.Run && _settings.DebugLevel >= ScheduleLevel)
        {
            foreach (Participant other in _calendar!.Participants.Where(p => p.Request != SimTime.Never).OrderBy(p => p.Request))
            {
                _output.WriteLine($"                 [{other.Name,-20}] wants its turn at {other.Request.Nanoseconds}");
            }
        }
    }

    private void Say(string line)
    {
        _output.WriteLine($"[{_timeline.Now.Nanoseconds,12}] {line}");
        _output.Flush();
    }

}
