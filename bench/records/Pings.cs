using Orrery.Network;
using Orrery.Simulation;

namespace Orrery.Bench.Records;

/// <summary>
/// What a lab of pairs of machines records while they ping each other once a second: per ping two frames of 98 bytes and a
/// line on a console. Nothing but the records happens.
/// </summary>
internal sealed class Pings : IEventHandler
{
    private static readonly byte[] Frame = new byte[98];
    private static readonly byte[] Line = [.. "64 bytes from 10.0.0.2: seq=0 ttl=64 time=10.000 ms\n"u8];

    private readonly (Origin Node, Origin Port, Origin Peer)[] _pairs;

    public Pings(int pairs, Func<Fabric, IReadOnlyList<IRecordReader>> readers)
    {
        Simulator = new Simulator();
        var fabric = new Fabric(Simulator);
        Timeline timeline = Simulator.AddTimeline("all");
        _pairs = [.. Enumerable.Range(0, pairs).Select(i => (
            Simulator.AddOrigin($"c{i}"), fabric.AddPort($"c{i}.eth0", timeline).Origin, fabric.AddPort($"s{i}.eth0", timeline).Origin))];
        foreach (IRecordReader reader in readers(fabric))
        {
            Simulator.AddRecordReader(reader);
        }

        timeline.Schedule(SimTime.Zero, EventPriority.Processes, _pairs[0].Node, this);
    }

    public Simulator Simulator { get; }

    /// <returns>Nanoseconds of CPU per ping.</returns>
    public double Measure(ulong pings)
    {
        ulong seconds = pings / (ulong)_pairs.Length;
        Simulator.Run(Simulator.Now + SimDuration.FromSeconds(seconds)); // once for the compiler
        TimeSpan start = Environment.CpuUsage.TotalTime;
        Simulator.Run(Simulator.Now + SimDuration.FromSeconds(seconds));
        return (Environment.CpuUsage.TotalTime - start).TotalNanoseconds / pings;
    }

    void IEventHandler.Handle(Timeline timeline, ulong argument)
    {
        foreach ((Origin node, Origin port, Origin peer) in _pairs)
        {
            timeline.Record(port, RecordKind.Frame, Frame);
            timeline.Record(peer, RecordKind.Frame, Frame);
            timeline.Record(node, RecordKind.Console, Line);
        }

        timeline.Schedule(timeline.Now + SimDuration.FromSeconds(1), EventPriority.Processes, _pairs[0].Node, this);
    }
}
