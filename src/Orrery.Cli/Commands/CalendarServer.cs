using System.Runtime.InteropServices;
using Orrery.Posix;
using Orrery.Simulation;
using Orrery.TimeTravel;

namespace Orrery.Cli.Commands;

/// <summary>What <c>orrery calendar</c> was asked for.</summary>
/// <param name="Socket">Path of the time socket.</param>
/// <param name="ClientCount">Clients that are admitted together.</param>
/// <param name="StartEpochNanoseconds">Wall clock at the start in ns since 1970; 0 is the host's.</param>
/// <param name="UsesMemory">Whether schedule memory is handed out.</param>
/// <param name="DebugLevel">0 to 3.</param>
internal sealed record CalendarSettings(
    string Socket, int ClientCount, ulong StartEpochNanoseconds, bool UsesMemory, int DebugLevel);

/// <summary>A calendar with all its participants in one timeline and one memory, until the last has left.</summary>
internal sealed class CalendarServer : ICalendarObserver
{
    private const int MessagesLevel = 2;
    private const int ScheduleLevel = 3;
    private const int UsageError = 2;
    private const int SignalledBase = 128;

    private readonly CalendarSettings _settings;
    private readonly TextWriter _output;
    private readonly TextWriter _errors;
    private readonly Simulator _simulator = new();
    private readonly Timeline _timeline;
    private Calendar? _calendar;

    public CalendarServer(CalendarSettings settings, TextWriter output, TextWriter errors)
    {
        _settings = settings;
        _output = output;
        _errors = errors;
        _timeline = _simulator.AddTimeline("calendar");
    }

    /// <summary>Serves until the last participant has left, or nothing can happen any more.</summary>
    /// <returns>The exit status: 0, or 2 when the socket cannot be made.</returns>
    public int Run()
    {
        if (!RemoveOldSocket())
        {
            return UsageError;
        }

        using FileDescriptor log = DuplicateOutput();
        using var reactor = new Reactor();
        using var calendar = new Calendar(_timeline, reactor, Options(log), this);
        _calendar = calendar;
        int error = calendar.Listen(_settings.Socket);
        if (error < 0)
        {
            Complain($"cannot listen at {_settings.Socket}: {Errno.Describe(error)}");
            return UsageError;
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, EndBySignal);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, EndBySignal);
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
            Complain($"at {_timeline.Now}: {fault}");
        }

        Say($"{participant} has left after {participant.TurnCount} turns");
    }

    bool ICalendarObserver.OnOverdue(Participant participant, ParticipantFault fault)
    {
        Complain($"at {_timeline.Now}: {fault}; still waiting");
        return false;
    }

    void ICalendarObserver.OnBroadcast(Participant participant, ulong payload)
    {
    }

    void ICalendarObserver.OnNotice(string line) => Complain(line);

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
                Complain($"at {_timeline.Now}: all participants wait and none asks for a turn: nothing can ever happen again");
                return;
            }

            calendar.AdmitStarting();
        }
    }

    /// <summary>Whether nobody takes part; connections that have not said START do not count.</summary>
    private static bool HasNobody(Calendar calendar) =>
        calendar.Participants.All(p => p.State == ParticipantState.Connected);

    /// <summary>Removes a socket left over from an earlier run; anything else at its place is not ours to remove.</summary>
    private bool RemoveOldSocket()
    {
        if (!Path.Exists(_settings.Socket))
        {
            return true;
        }

        if (!UnixSocket.IsSocket(_settings.Socket))
        {
            Complain($"{_settings.Socket} exists and is not a socket: remove it or choose another path");
            return false;
        }

        File.Delete(_settings.Socket);
        return true;
    }

    private void EndBySignal(PosixSignalContext context)
    {
        File.Delete(_settings.Socket);
        Environment.Exit(SignalledBase + (context.Signal == PosixSignal.SIGINT ? 2 : 15));
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

    private void Complain(string line) => _errors.WriteLine($"orrery calendar: {line}");
}
