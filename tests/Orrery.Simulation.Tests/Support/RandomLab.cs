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

/// <summary>Hashes every record of one or more runs.</summary>
internal sealed class RecordDigest : IRecordReader, IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    internal int Count { get; private set; }

    public void Read(in RunRecord record)
    {
        Count++;
        Span<byte> key = stackalloc byte[20];
        BinaryPrimitives.WriteUInt64LittleEndian(key, record.Time.Nanoseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(key[8..], record.Source.Id);
        BinaryPrimitives.WriteUInt64LittleEndian(key[12..], record.Sequence);
        _hash.AppendData(key);
        _hash.AppendData(record.Payload);
    }

    public override string ToString() => $"{Count} records, {Convert.ToHexString(_hash.GetCurrentHash())}";

    public void Dispose() => _hash.Dispose();
}

/// <summary>What a node holds, as plain values.</summary>
internal sealed record NodeState(ulong State, int Left, ulong[] Events);

/// <summary>
/// Nodes that do random things and record them. What they do depends on what they have seen, in its order, so that any
/// difference in the order of events changes everything after it.
/// </summary>
internal sealed class RandomLab : IHandlerCatalog
{
    private readonly Node[] _nodes;

    /// <param name="plan">What to build.</param>
    /// <param name="digest">Gets the records.</param>
    /// <param name="workers">How many workers run it; they split groups.</param>
    /// <param name="timelineOf">Which timeline each node is on; each on its own when null.</param>
    internal RandomLab(LabPlan plan, RecordDigest digest, int workers = 1, Func<int, int>? timelineOf = null)
    {
        Simulator = new Simulator(new SimulatorOptions
        {
            Seed = plan.Seed,
            EpochLength = SimDuration.FromNanoseconds(plan.EpochNanoseconds),
            Workers = workers,
            Splitting = GroupSplitting.Always,
        });
        Simulator.AddRecordReader(digest);
        var timelines = new Dictionary<int, Timeline>();
        _nodes =
        [
            .. Enumerable.Range(0, plan.Nodes).Select(i =>
            {
                int index = timelineOf?.Invoke(i) ?? i;
                if (!timelines.TryGetValue(index, out Timeline? timeline))
                {
                    timelines.Add(index, timeline = Simulator.AddTimeline($"t{index}"));
                }

                return new Node(timeline, Simulator.AddOrigin($"n{i}"), Simulator.Random($"n{i}"), plan.Budget);
            }),
        ];
        foreach ((int from, int to, ulong lookahead) in plan.Links)
        {
            Channel channel = Simulator.Connect(_nodes[from].Timeline, _nodes[to].Timeline, SimDuration.FromNanoseconds(lookahead));
            _nodes[from].Links.Add((channel, _nodes[to], lookahead));
        }

        foreach (Node node in _nodes)
        {
            node.Begin();
        }
    }

    internal Simulator Simulator { get; }

    /// <summary>What the nodes hold.</summary>
    internal NodeState[] Nodes => [.. _nodes.Select(node => node.Save())];

    /// <summary>Runs to the end; for a lab that cannot fail.</summary>
    internal void RunToEnd()
    {
        RunResult result = Simulator.Run(SimTime.Never);
        if (result.Outcome != RunOutcome.Idle)
        {
            throw new InvalidOperationException($"{result}", result.Failure?.Exception);
        }
    }

    /// <summary>Takes the nodes' state; to be followed by restoring the simulator.</summary>
    internal void Restore(NodeState[] nodes)
    {
        for (int i = 0; i < nodes.Length; i++)
        {
            _nodes[i].Restore(nodes[i]);
        }
    }

    public string? KeyOf(IEventHandler handler) => Array.IndexOf(_nodes, handler) is >= 0 and int index ? $"{index}" : null;

    public IEventHandler? HandlerOf(string key) => int.TryParse(key, out int index) ? _nodes.ElementAtOrDefault(index) : null;

    private sealed class Node(Timeline timeline, Origin origin, RandomStream random, int budget) : IRestoredHandler
    {
        private readonly List<EventHandle> _handles = [];
        private ulong[] _saved = [];
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
                int picked = (int)random.NextBelow((ulong)_handles.Count);
                if (random.NextBelow(2) == 0)
                {
                    _state += timeline.Cancel(_handles[picked]) ? 1ul : 2ul;
                }
                else
                {
                    _handles[picked] = timeline.Reschedule(_handles[picked], timeline.Now + SimDuration.FromNanoseconds(Delay()));
                    _state += _handles[picked] == EventHandle.None ? 3ul : 4ul;
                }
            }
        }

        internal NodeState Save() => new(_state, _left, [.. _handles.Select(handle => handle == EventHandle.None ? ulong.MaxValue : handle.Sequence)]);

        internal void Restore(NodeState state)
        {
            (_state, _left, _saved) = (state.State, state.Left, state.Events);
            _handles.Clear();
            _handles.AddRange(Enumerable.Repeat(EventHandle.None, _saved.Length));
        }

        public void OnRestored(EventHandle handle, ulong argument)
        {
            if (handle.Origin == origin.Id && Array.IndexOf(_saved, handle.Sequence) is >= 0 and int index)
            {
                _handles[index] = handle;
            }
        }

        private void Schedule(Timeline timeline) => _handles.Add(timeline.Schedule(
            timeline.Now + SimDuration.FromNanoseconds(Delay()), (EventPriority)random.NextBelow(4), origin, this, _state));

        // Coarse, so that many events are due at one instant.
        private ulong Delay() => random.NextBelow(10) * (random.NextBelow(4) == 0 ? 10_000ul : 100ul);
    }
}
