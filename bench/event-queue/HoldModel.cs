using Orrery.Simulation;

namespace Orrery.Bench.EventQueue;

/// <summary>Hold model: N events are pending; each one, when it runs, schedules its successor.</summary>
internal sealed class HoldModel : IEventHandler
{
    private const ulong MeanIncrement = 1_000_000; // nanoseconds

    private readonly Simulator _simulator = new(new SimulatorOptions { EpochLength = SimDuration.FromSeconds(1_000_000) });
    private readonly Origin _origin;
    private readonly SimDuration[] _increments = Increments();
    private readonly Timeline _timeline;
    private readonly ulong _pending;
    private ulong _next;

    internal HoldModel(ulong pending)
    {
        _origin = _simulator.AddOrigin("hold");
        _timeline = _simulator.AddTimeline("hold");
        _pending = pending;
        for (ulong i = 0; i < pending; i++)
        {
            _timeline.Schedule(_timeline.Now + Increment(), EventPriority.Processes, _origin, this);
        }
    }

    /// <summary>Runs about <paramref name="events"/> events.</summary>
    /// <returns>How many it were.</returns>
    internal ulong Run(ulong events)
    {
        ulong before = _timeline.EventCount;
        _simulator.Run(_simulator.Now + SimDuration.FromNanoseconds(events * MeanIncrement / _pending));
        return _timeline.EventCount - before;
    }

    void IEventHandler.Handle(Timeline timeline, ulong argument) =>
        timeline.Schedule(timeline.Now + Increment(), EventPriority.Processes, _origin, this);

    private SimDuration Increment() => _increments[_next++ & ((ulong)_increments.Length - 1)];

    /// <summary>The numbers of hold.h.</summary>
    private static SimDuration[] Increments()
    {
        var table = new SimDuration[1 << 16];
        ulong state = 1;
        for (int i = 0; i < table.Length; i++)
        {
            state = unchecked((state * 6364136223846793005) + 1442695040888963407);
            double uniform = ((state >> 11) + 1) / 9007199254740993.0;
            table[i] = SimDuration.FromNanoseconds((ulong)(-Math.Log(uniform) * MeanIncrement) + 1);
        }

        return table;
    }
}
