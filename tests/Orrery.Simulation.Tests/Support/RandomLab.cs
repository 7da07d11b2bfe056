using System.Buffers.Binary;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace Orrery.Simulation.Tests.Support;

/// <summary>A random topology, and the seed of what its nodes do.</summary>
/// <param name="Nodes">How many nodes there are.</param>
/// <param name="Links">One-way links with their lookahead in nanoseconds.</param>
/// <param name="Seed">What the nodes derive their doings from.</param>
/// <param name="EpochNanoseconds">The length of an epoch.</param>
/// <param name="Budget">How many events each node may cause.</param>
internal sealed record LabPlan(int Nodes, (int From, int To, ulong Lookahead)[] Links, ulong Seed, ulong EpochNanoseconds, int Budget)
{
    internal static Gen<LabPlan> Generator { get; } =
        from nodes in Gen.Choose(1, 9)
        from links in (
            from a in Gen.Choose(0, nodes - 1)
            from b in Gen.Choose(0, nodes - 1)
            from lookahead in Gen.Elements(1ul, 7ul, 100ul, 1_000ul, 20_000ul)
            from isBothWays in Gen.Choose(0, 4)
            select isBothWays > 0 ? new[] { (a, b, lookahead), (b, a, lookahead) } : [(a, b, lookahead)]).ListOf()
        from seed in ArbMap.Default.GeneratorFor<ulong>()
        from epoch in Gen.Elements(50ul, 5_000ul, 1_000_000ul)
        from budget in Gen.Choose(1, 60)
        select new LabPlan(nodes, [.. links.SelectMany(l => l).Where(l => l.Item1 != l.Item2)], seed, epoch, budget);
}

/// <summary>
/// Nodes that do random things and record them. What they do depends on what they have seen, in its order, so that any
/// difference in the order of events changes everything after it.
/// </summary>
internal sealed class RandomLab : IRecordReader, IDisposable
{
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <param name="plan">What to build.</param>
    /// <param name="workers">How many workers run it; they split groups.</param>
    /// <param name="timelineOf">Which timeline each node is on.</param>
    internal RandomLab(LabPlan plan, int workers, Func<int, int> timelineOf)
    {
        Simulator = new Simulator(new SimulatorOptions
        {
            Seed = plan.Seed,
            EpochLength = SimDuration.FromNanoseconds(plan.EpochNanoseconds),
            Workers = workers,
            SplitsGroups = true,
        });
        Simulator.AddRecordReader(this);
        var timelines = new Dictionary<int, Timeline>();
        Node[] nodes =
        [
            .. Enumerable.Range(0, plan.Nodes).Select(i =>
            {
                int index = timelineOf(i);
                if (!timelines.TryGetValue(index, out Timeline? timeline))
                {
                    timelines.Add(index, timeline = Simulator.AddTimeline($"t{index}"));
                }

                return new Node(timeline, Simulator.AddOrigin($"n{i}"), Simulator.Random($"n{i}"), plan.Budget);
            }),
        ];
        foreach ((int from, int to, ulong lookahead) in plan.Links)
        {
            Channel channel = Simulator.Connect(nodes[from].Timeline, nodes[to].Timeline, SimDuration.FromNanoseconds(lookahead));
            nodes[from].Links.Add((channel, nodes[to], lookahead));
        }

        foreach (Node node in nodes)
        {
            node.Begin();
        }
    }

    internal Simulator Simulator { get; }

    internal int Records { get; private set; }

    /// <summary>Runs to the end.</summary>
    /// <returns>A digest of everything recorded.</returns>
    internal string Run(params ulong[] stops)
    {
        foreach (ulong stop in stops)
        {
            Simulator.Run(SimTime.Max(Simulator.Now, SimTime.FromNanoseconds(stop)));
        }

        RunResult result = Simulator.Run(SimTime.Never);
        return $"{result.Outcome} {result.Failure} {Records} {Convert.ToHexString(_digest.GetHashAndReset())}";
    }

    public void Read(in RunRecord record)
    {
        Records++;
        Span<byte> key = stackalloc byte[20];
        BinaryPrimitives.WriteUInt64LittleEndian(key, record.Time.Nanoseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(key[8..], record.Source.Id);
        BinaryPrimitives.WriteUInt64LittleEndian(key[12..], record.Sequence);
        _digest.AppendData(key);
        _digest.AppendData(record.Payload);
    }

    public void Dispose() => _digest.Dispose();

    private sealed class Node(Timeline timeline, Origin origin, RandomStream random, int budget) : IEventHandler
    {
        private readonly List<EventHandle> _handles = [];
        private ulong _state;
        private int _left = budget;

        internal Timeline Timeline { get; } = timeline;

        internal List<(Channel Channel, Node To, ulong Lookahead)> Links { get; } = [];

        internal void Begin() => Schedule(Timeline);

        public void Handle(Timeline timeline, ulong argument)
        {
            _state = ((_state ^ argument) * 0x9E3779B97F4A7C15) + timeline.Now.Nanoseconds;
            Span<byte> payload = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(payload, _state);
            timeline.Record(origin, RecordKind.Log, payload);
            for (ulong i = random.NextBelow(3) + (_state & 1); i > 0 && _left > 0; i--)
            {
                _left--;
                if (Links.Count > 0 && random.NextBelow(3) > 0)
                {
                    (Channel channel, Node to, ulong lookahead) = Links[(int)random.NextBelow((ulong)Links.Count)];
                    SimTime due = timeline.Now + SimDuration.FromNanoseconds(lookahead + Delay());
                    channel.Post(due, (EventPriority)random.NextBelow(4), origin, to, _state);
                }
                else
                {
                    Schedule(timeline);
                }
            }

            if (_handles.Count > 0 && random.NextBelow(3) == 0)
            {
                EventHandle handle = _handles[(int)random.NextBelow((ulong)_handles.Count)];
                _state += random.NextBelow(2) == 0
                    ? (timeline.Cancel(handle) ? 1ul : 2ul)
                    : (timeline.Reschedule(handle, timeline.Now + SimDuration.FromNanoseconds(Delay())) == EventHandle.None ? 3ul : 4ul);
            }
        }

        private void Schedule(Timeline timeline) => _handles.Add(timeline.Schedule(
            timeline.Now + SimDuration.FromNanoseconds(Delay()), (EventPriority)random.NextBelow(4), origin, this, _state));

        // Coarse, so that many events are due at one instant.
        private ulong Delay() => random.NextBelow(10) * (random.NextBelow(4) == 0 ? 10_000ul : 100ul);
    }
}
