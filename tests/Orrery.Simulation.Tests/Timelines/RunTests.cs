using Orrery.Simulation.Tests.Support;
using Xunit;

namespace Orrery.Simulation.Tests.Timelines;

public class RunTests
{
    private readonly Simulator _simulator = new();
    private readonly Origin _origin;
    private readonly Timeline _timeline;

    public RunTests()
    {
        _timeline = _simulator.AddTimeline("a");
        _origin = _simulator.AddOrigin("origin");
    }

    [Fact]
    public void A_run_stops_before_the_events_of_its_end()
    {
        Every(SimDuration.FromMilliseconds(10));
        RunResult result = _simulator.Run(SimTime.FromSeconds(1));
        Assert.Equal(new RunResult(RunOutcome.TimeReached, SimTime.FromSeconds(1)), result);
        Assert.Equal(100ul, _timeline.EventCount); // 0 to 990 ms
        Assert.Equal(SimTime.FromSeconds(1), _timeline.Now);
        Assert.Equal(SimTime.FromSeconds(1), _timeline.NextEventTime);
        _simulator.Run(SimTime.FromMilliseconds(1005));
        Assert.Equal(101ul, _timeline.EventCount);
    }

    [Fact]
    public void Empty_epochs_are_skipped()
    {
        var ends = new List<SimTime>();
        _simulator.EpochEnded += ends.Add;
        _timeline.Schedule(SimTime.FromMilliseconds(250), EventPriority.Frames, _origin, new Do(_ => { }));
        _timeline.Schedule(SimTime.FromSeconds(3600), EventPriority.Frames, _origin, new Do(_ => { }));
        RunResult result = _simulator.Run(SimTime.Never);
        Assert.Equal([SimTime.FromMilliseconds(300), SimTime.FromMilliseconds(3_600_100)], ends);
        Assert.Equal(new RunResult(RunOutcome.Idle, SimTime.FromMilliseconds(3_600_100)), result);
    }

    [Fact]
    public void A_condition_ends_the_run_with_its_epoch()
    {
        Every(SimDuration.FromMilliseconds(10));
        RunResult result = _simulator.Run(SimTime.Never, () => _timeline.EventCount > 15);
        Assert.Equal(new RunResult(RunOutcome.ConditionMet, SimTime.FromMilliseconds(200)), result);
        Assert.Equal(20ul, _timeline.EventCount);
    }

    [Fact]
    public void A_cancellation_takes_effect_before_the_next_event()
    {
        using var cancellation = new CancellationTokenSource();
        Every(SimDuration.FromMilliseconds(10), t =>
        {
            if (t.EventCount == 5)
            {
                cancellation.Cancel();
            }
        });
        Assert.Equal(RunOutcome.Cancelled, _simulator.Run(SimTime.Never, null, cancellation.Token).Outcome);
        Assert.Equal(5ul, _timeline.EventCount);
    }

    [Fact]
    public void An_exception_ends_the_run_and_names_the_timeline()
    {
        var exception = new InvalidDataException("broken");
        _timeline.Schedule(SimTime.FromMilliseconds(3), EventPriority.Frames, _origin, new Do(_ => throw exception));
        RunResult result = _simulator.Run(SimTime.Never);
        Assert.Equal(RunOutcome.Failed, result.Outcome);
        Assert.Equal(new TimelineFailure(_timeline, SimTime.FromMilliseconds(3), exception), result.Failure);
        Assert.Equal("a at 3ms: broken", result.Failure!.ToString());
    }

    [Fact]
    public void A_timeline_joins_between_epochs_and_begins_there()
    {
        Every(SimDuration.FromMilliseconds(10));
        Timeline? late = null;
        SimTime heard = default;
        _simulator.EpochEnded += now =>
        {
            if (now == SimTime.FromMilliseconds(200))
            {
                late = _simulator.AddTimeline("late");
                Channel channel = _simulator.Connect(late, _timeline, SimDuration.FromMilliseconds(1));
                late.Schedule(now, EventPriority.Frames, _origin, new Do(t =>
                    channel.Post(t.Now + SimDuration.FromMilliseconds(1), EventPriority.Frames, _origin, new Do(a => heard = a.Now))));
            }
        };
        _simulator.Run(SimTime.FromSeconds(1));
        Assert.Equal(SimTime.FromMilliseconds(201), heard);
    }

    [Fact]
    public void The_topology_is_fixed_while_timelines_run()
    {
        Exception? thrown = null;
        _timeline.Schedule(SimTime.Zero, EventPriority.Frames, _origin, new Do(_ => thrown = Record.Exception(() => _simulator.AddTimeline("b"))));
        _simulator.Run(SimTime.FromSeconds(1));
        Assert.IsType<InvalidOperationException>(thrown);
    }

    private void Every(SimDuration period, Action<Timeline>? action = null)
    {
        Do? tick = null;
        tick = new Do(t =>
        {
            t.Schedule(t.Now + period, EventPriority.Processes, _origin, tick!);
            action?.Invoke(t);
        });
        _timeline.Schedule(SimTime.Zero, EventPriority.Processes, _origin, tick);
    }
}
