using System.Diagnostics;
using Orrery.Simulation;
using Process = Orrery.Simulation.Process;

namespace Orrery.Bench.Timelines;

/// <summary>What a run of the torus took.</summary>
internal readonly record struct Measurement(double WallSeconds, double CpuSeconds, ulong Events, ulong Windows, Channel Worst);

/// <summary>
/// Processes on a torus, each on a timeline of its own. Tokens wander: a process receives one, works for a while, and sends
/// it to a random neighbour over a link of 1 ms, after up to 1 ms more.
/// </summary>
internal sealed class Torus
{
    private const int Side = 16;
    private static readonly SimDuration LinkDelay = SimDuration.FromMilliseconds(1);

    private readonly Simulator _simulator;
    private readonly int _spinsPerEvent;

    /// <param name="workers">Workers that share the torus.</param>
    /// <param name="spinsPerEvent">Work per token, see <see cref="Work"/>.</param>
    internal Torus(int workers, int spinsPerEvent)
    {
        _spinsPerEvent = spinsPerEvent;
        _simulator = new Simulator(new SimulatorOptions { Seed = 1, Workers = workers, Splitting = GroupSplitting.Always });
        Node[] nodes = [.. Enumerable.Range(0, Side * Side).Select(i => new Node(this, i))];
        for (int i = 0; i < nodes.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, Side);
            foreach ((int toRow, int toColumn) in new[] { (row + 1, column), (row + Side - 1, column), (row, column + 1), (row, column + Side - 1) })
            {
                Node to = nodes[(toRow % Side * Side) + (toColumn % Side)];
                nodes[i].Connect(_simulator.Connect(nodes[i].Timeline, to.Timeline, LinkDelay), to);
            }
        }
    }

    /// <summary>Work that takes time in proportion to <paramref name="spins"/> and touches no memory.</summary>
    internal static ulong Work(int spins)
    {
        ulong value = 1;
        for (int i = 0; i < spins; i++)
        {
            value = (value * 6364136223846793005) + 1442695040888963407;
        }

        return value;
    }

    /// <summary>Runs for that much simulated time.</summary>
    internal Measurement Run(SimDuration duration)
    {
        ulong events = Events();
        ulong windows = Windows();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long begin = Stopwatch.GetTimestamp();
        RunResult result = _simulator.Run(_simulator.Now + duration);
        if (result.Outcome != RunOutcome.TimeReached)
        {
            throw new InvalidOperationException($"The run ended early: {result.Outcome} {result.Failure}");
        }

        return new Measurement(
            Stopwatch.GetElapsedTime(begin).TotalSeconds,
            (Environment.CpuUsage.TotalTime - cpu).TotalSeconds,
            Events() - events,
            Windows() - windows,
            _simulator.Channels.MaxBy(channel => channel.HeldBack)!);
    }

    private ulong Events() => _simulator.Timelines.Aggregate(0ul, (sum, timeline) => sum + timeline.EventCount);

    private ulong Windows() => _simulator.Timelines.Aggregate(0ul, (sum, timeline) => sum + timeline.WindowCount);

    private sealed class Node : IEventHandler
    {
        private readonly Torus _torus;
        private readonly Origin _origin;
        private readonly RandomStream _random;
        private readonly Mailbox<ulong> _tokens;
        private readonly List<(Channel Channel, Node To)> _links = [];

        internal Node(Torus torus, int index)
        {
            _torus = torus;
            Timeline = torus._simulator.AddTimeline($"node {index}");
            _origin = torus._simulator.AddOrigin($"node {index}");
            _random = torus._simulator.Random($"node {index}");
            Process process = Process.Start(Timeline, torus._simulator.AddOrigin($"process {index}"), RunAsync);
            _tokens = new Mailbox<ulong>(process, 1000);
            _tokens.TrySend((ulong)index);
        }

        internal Timeline Timeline { get; }

        internal void Connect(Channel channel, Node to) => _links.Add((channel, to));

        /// <summary>A token arrives.</summary>
        public void Handle(Timeline timeline, ulong argument) => _tokens.TrySend(argument);

        private async SimTask RunAsync(Process process)
        {
            while (true)
            {
                ulong token = await _tokens.Receive();
                token += Work(_torus._spinsPerEvent) & 1;
                (Channel channel, Node to) = _links[(int)_random.NextBelow((ulong)_links.Count)];
                channel.Post(process.Now + LinkDelay + _random.NextDuration(LinkDelay), EventPriority.Frames, _origin, to, token);
            }
        }
    }
}
