using System.Collections.Concurrent;
using Orrery.Posix;
using Orrery.Simulation;
using Xunit;

namespace Orrery.TimeTravel.Tests.Support;

/// <summary>A calendar on a real socket, its participants on threads of their own, everything cleaned up at the end.</summary>
internal sealed class CalendarBench : ICalendarObserver, IDisposable
{
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-").FullName;
    private readonly List<(Thread Thread, string Name)> _threads = [];
    private readonly ConcurrentQueue<Exception> _failures = new();

    public CalendarBench(CalendarOptions? options = null, SimulatorOptions? simulatorOptions = null)
    {
        Simulator = new Simulator(simulatorOptions);
        Timeline = Simulator.AddTimeline("test");
        Calendar = new Calendar(Timeline, Reactor, options ?? new CalendarOptions { AdmitsUnknown = true }, this);
        SocketPath = Path.Combine(_folder, "time");
        Assert.Equal(0, Calendar.Listen(SocketPath));
    }

    public Simulator Simulator { get; }

    public Timeline Timeline { get; }

    public Reactor Reactor { get; } = new();

    public Calendar Calendar { get; }

    public string SocketPath { get; }

    public List<Participant> Admitted { get; } = [];

    public List<(Participant Participant, ParticipantFault? Fault)> Left { get; } = [];

    public List<string> Notices { get; } = [];

    public List<ulong> Broadcasts { get; } = [];

    /// <summary>What happens when a participant is waited for too long.</summary>
    public Func<ParticipantFault, bool> Overdue { get; set; } = _ => true;

    public IEnumerable<ParticipantFault> Faults => Left.Where(l => l.Fault is not null).Select(l => l.Fault!);

    /// <summary>Runs <paramref name="script"/> on a thread of its own, with a connection to the calendar.</summary>
    public void Raw(Action<RawClient> script, string name = "raw") => Start(name, () =>
    {
        using var client = new RawClient(SocketPath);
        script(client);
    });

    /// <summary>Runs <paramref name="script"/> on a thread of its own, as a participant that keeps to the rules.</summary>
    public void Client(ulong id, Action<TimeTravelClient> script, bool useMemory = true) => Start($"client {id}", () =>
    {
        using var client = TimeTravelClient.Connect(SocketPath, new ClientOptions { Id = id, UseMemory = useMemory }, out CalendarFault? fault);
        Assert.True(client is not null, fault?.ToString());
        script(client);
    });

    public void Start(string name, Action action)
    {
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                _failures.Enqueue(new InvalidOperationException($"{name}: {exception.Message}", exception));
            }
        })
        { IsBackground = true };
        _threads.Add((thread, name));
        thread.Start();
    }

    /// <summary>Admits <paramref name="count"/> participants together and runs until everybody has left or is idle.</summary>
    public RunResult RunUnannounced(int count)
    {
        while (Calendar.StartingCount < count)
        {
            Assert.True(Reactor.RunOnce((int)HangLimit.TotalMilliseconds), "nobody connects");
        }

        Calendar.AdmitStarting();
        Simulator.EpochEnded += _ => Calendar.AdmitStarting();
        return Run();
    }

    /// <summary>Runs until nothing is pending, and waits for the participants' threads.</summary>
    public RunResult Run()
    {
        RunResult result;
        do
        {
            result = Simulator.Run(SimTime.FromSeconds(1_000_000));
            Assert.True(result.Failure is null, result.Failure?.Exception.ToString());
            Calendar.AdmitStarting();
        }
        while (Timeline.NextEventTime != SimTime.Never);
        return result;
    }

    /// <summary>Serves the sockets until every participant's script has ended, then fails with what failed in them.</summary>
    public void Join()
    {
        foreach ((Thread thread, string name) in _threads)
        {
            long deadline = Environment.TickCount64 + (long)HangLimit.TotalMilliseconds;
            while (!thread.Join(0))
            {
                Assert.True(Environment.TickCount64 < deadline, $"{name} hangs");
                Reactor.RunOnce(5);
            }
        }

        Assert.Empty(_failures);
    }

    public void OnAdmitted(Participant participant) => Admitted.Add(participant);

    public void OnLeft(Participant participant, ParticipantFault? fault) => Left.Add((participant, fault));

    public bool OnOverdue(Participant participant, ParticipantFault fault) => Overdue(fault);

    public void OnBroadcast(Participant participant, ulong payload) => Broadcasts.Add(payload);

    public void OnNotice(string line) => Notices.Add(line);

    public void Dispose()
    {
        Calendar.Dispose();
        Reactor.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
