using System.Runtime.CompilerServices;
using Orrery.Simulation.Tests.Support;
using Xunit;

namespace Orrery.Simulation.Tests.Documentation;

/// <summary>The code of docs/simulation.md, run; a last test says that it is the code of the page.</summary>
public class SimulationPageTests
{
    private readonly List<string> _log = [];

    [Fact]
    public void Events()
    {
        IEventHandler lamp = new Do((t, argument) => _log.Add($"{t.Now} {argument}"));
        // snippet
        var simulator = new Simulator();
        Timeline timeline = simulator.AddTimeline("lamp");
        Origin origin = simulator.AddOrigin("switch");
        EventHandle later = timeline.Schedule(SimTime.FromSeconds(2), EventPriority.Devices, origin, lamp, argument: 0);
        timeline.Schedule(SimTime.FromSeconds(1), EventPriority.Devices, origin, lamp, argument: 1);
        timeline.Reschedule(later, SimTime.FromSeconds(3));
        RunResult result = simulator.Run(until: SimTime.FromSeconds(10));
        // end
        Assert.Equal(RunOutcome.Idle, result.Outcome);
        Assert.Equal(["1s 1", "3s 0"], _log);
    }

    [Fact]
    public void Channels()
    {
        var simulator = new Simulator();
        Timeline from = simulator.AddTimeline("from");
        Timeline to = simulator.AddTimeline("to");
        Origin sender = simulator.AddOrigin("sender");
        IEventHandler receiver = new Do(t => _log.Add($"{t} {t.Now}"));
        // snippet
        Channel wire = simulator.Connect(from, to, lookahead: SimDuration.FromMilliseconds(5));
        from.Schedule(SimTime.Zero, EventPriority.Processes, sender, new Sending(wire, sender, receiver));
        // end
        simulator.Run(SimTime.Never);
        Assert.Equal(["to 5ms"], _log);
    }

    [Fact]
    public void Processes()
    {
        var simulator = new Simulator();
        Timeline timeline = simulator.AddTimeline("t");
        List<string> log = _log;
        var done = new Signal();
        Mailbox<string>? requests = null;
        // snippet
        Process server = Process.Start(timeline, simulator.AddOrigin("server"), async process =>
        {
            while (true)
            {
                string request = await requests!.Receive();
                await process.Delay(SimDuration.FromMilliseconds(2));
                log.Add($"{process.Now} {request}");
                done.Raise();
            }
        });
        requests = new Mailbox<string>(server, capacity: 10);
        Process.Start(timeline, simulator.AddOrigin("client"), async process =>
        {
            requests.TrySend("hello");
            bool answered = await process.Wait(done, timeout: SimDuration.FromSeconds(1));
            log.Add($"{process.Now} answered: {answered}");
            server.Cancel();
        });
        // end
        Assert.Null(simulator.Run(SimTime.Never).Failure);
        Assert.Equal(["2ms hello", "2ms answered: True"], _log);
        Assert.True(server.HasEnded);
    }

    [Fact]
    public void The_page_shows_this_code() => Assert.Equal(Snippets(ThisFile(), "// snippet", "// end", indent: 8), Snippets(Page(), "```csharp", "```", indent: 0));

    private static string Page() => Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../docs/simulation.md");

    private static string ThisFile([CallerFilePath] string path = "") => path;

    private static List<string> Snippets(string path, string begin, string end, int indent)
    {
        var snippets = new List<string>();
        List<string>? lines = null;
        foreach (string line in File.ReadLines(path))
        {
            if (line.Trim() == begin)
            {
                lines = [];
            }
            else if (lines is not null && line.Trim() == end)
            {
                snippets.Add(string.Join('\n', lines));
                lines = null;
            }
            else
            {
                lines?.Add(line.Length > indent ? line[indent..] : "");
            }
        }

        return snippets;
    }

    private sealed class Sending(Channel wire, Origin sender, IEventHandler receiver) : IEventHandler
    {
        public void Handle(Timeline timeline, ulong argument) =>
            wire.Post(timeline.Now + wire.Lookahead, EventPriority.Frames, sender, receiver);
    }
}
