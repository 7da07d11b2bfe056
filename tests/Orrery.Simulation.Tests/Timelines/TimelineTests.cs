using Orrery.Simulation.Tests.Support;
using Xunit;

namespace Orrery.Simulation.Tests.Timelines;

public class TimelineTests
{
    private readonly Simulator _simulator = new();
    private readonly Origin _origin;
    private readonly Timeline _timeline;

    public TimelineTests()
    {
        _timeline = _simulator.AddTimeline("a");
        _origin = _simulator.AddOrigin("origin");
    }

    [Fact]
    public void Events_of_one_instant_run_by_priority_then_origin_then_sequence()
    {
        Origin second = _simulator.AddOrigin("second");
        var seen = new List<ulong>();
        var handler = new Do((_, argument) => seen.Add(argument));
        _timeline.Schedule(SimTime.FromSeconds(1), EventPriority.Participants, _origin, handler, 5);
        _timeline.Schedule(SimTime.FromSeconds(1), EventPriority.Frames, second, handler, 3);
        _timeline.Schedule(SimTime.FromSeconds(1), EventPriority.Frames, _origin, handler, 1);
        _timeline.Schedule(SimTime.FromSeconds(1), EventPriority.Frames, _origin, handler, 2);
        _timeline.Schedule(SimTime.FromSeconds(1), EventPriority.Devices, _origin, handler, 4);
        RunResult result = _simulator.Run(SimTime.FromSeconds(2));
        Assert.Equal([1, 2, 3, 4, 5], seen);
        Assert.Equal(RunOutcome.Idle, result.Outcome);
        Assert.Equal(5ul, _timeline.EventCount);
    }

    [Fact]
    public void Nothing_is_scheduled_in_the_past()
    {
        Exception? thrown = null;
        _timeline.Schedule(SimTime.FromSeconds(1), EventPriority.Frames, _origin, new Do(
            t => thrown = Record.Exception(() => t.Schedule(SimTime.FromMilliseconds(999), EventPriority.Frames, _origin, new Do(_ => { })))));
        _simulator.Run(SimTime.FromSeconds(2));
        Assert.IsType<ArgumentOutOfRangeException>(thrown);
    }

    [Fact]
    public void The_holder_of_a_turn_moves_time_up_to_its_limit()
    {
        var turn = new LoweredTurn();
        _timeline.Schedule(SimTime.FromMilliseconds(50), EventPriority.Frames, _origin, new Do(_ => { }));
        _timeline.Schedule(SimTime.FromMilliseconds(10), EventPriority.Participants, _origin, new Do(t =>
        {
            Assert.False(t.AdvanceTo(SimTime.FromMilliseconds(11)));
            Assert.Equal(SimTime.FromMilliseconds(50), t.BeginTurn(turn));
            Assert.Throws<InvalidOperationException>(() => t.BeginTurn(turn));
            Assert.True(t.AdvanceTo(SimTime.FromMilliseconds(20)));
            Assert.False(t.AdvanceTo(SimTime.FromMilliseconds(19)));
            Assert.False(t.AdvanceTo(SimTime.FromMilliseconds(50)));
            Assert.Equal(SimTime.FromMilliseconds(20), t.Now);
            t.Schedule(SimTime.FromMilliseconds(60), EventPriority.Devices, _origin, new Do(_ => { }));
            Assert.Null(turn.Limit);
            t.Schedule(SimTime.FromMilliseconds(30), EventPriority.Devices, _origin, new Do(_ => { }));
            Assert.Equal(SimTime.FromMilliseconds(30), turn.Limit);
            Assert.False(t.AdvanceTo(SimTime.FromMilliseconds(30)));
            t.Schedule(SimTime.FromMilliseconds(20), EventPriority.Devices, _origin, new Do(_ => { }));
            Assert.True(t.AdvanceTo(SimTime.FromMilliseconds(20)));
            t.EndTurn();
            Assert.Null(t.Turn);
        }));
        RunResult result = _simulator.Run(SimTime.FromSeconds(2));
        Assert.Null(result.Failure);
        Assert.Equal(5ul, _timeline.EventCount);
    }

    [Fact]
    public void A_window_ends_where_a_neighbour_may_reach()
    {
        Timeline other = _simulator.AddTimeline("b");
        _simulator.Connect(_timeline, other, SimDuration.FromMilliseconds(5));
        _simulator.Connect(other, _timeline, SimDuration.FromMilliseconds(7));
        Origin otherOrigin = _simulator.AddOrigin("other");
        SimTime free = default;
        _timeline.Schedule(SimTime.FromMilliseconds(10), EventPriority.Participants, _origin, new Do(t => free = t.FreeUntil));
        other.Schedule(SimTime.FromMilliseconds(12), EventPriority.Participants, otherOrigin, new Do(_ => { }));
        _simulator.Run(SimTime.FromSeconds(2));
        Assert.Equal(SimTime.FromMilliseconds(19), free); // its neighbour at 12, 7 away; its own round trip would be 22

        _timeline.Schedule(SimTime.FromMilliseconds(210), EventPriority.Participants, _origin, new Do(t => free = t.FreeUntil));
        _simulator.Run(SimTime.FromSeconds(2));
        Assert.Equal(SimTime.FromMilliseconds(222), free); // its own round trip

        _timeline.Schedule(SimTime.FromMilliseconds(395), EventPriority.Participants, _origin, new Do(t => free = t.FreeUntil));
        _simulator.Run(SimTime.FromSeconds(2));
        Assert.Equal(SimTime.FromMilliseconds(400), free); // the end of the epoch
    }

    [Fact]
    public void A_channel_keeps_its_lookahead()
    {
        Timeline other = _simulator.AddTimeline("b");
        Channel channel = _simulator.Connect(_timeline, other, SimDuration.FromMilliseconds(5));
        Assert.Same(channel, _simulator.Connect(_timeline, other, SimDuration.FromMilliseconds(3)));
        Assert.Same(channel, _simulator.Connect(_timeline, other, SimDuration.FromMilliseconds(4)));
        Assert.Equal(SimDuration.FromMilliseconds(3), channel.Lookahead);
        SimTime arrived = default;
        _timeline.Schedule(SimTime.FromMilliseconds(10), EventPriority.Processes, _origin, new Do(t =>
        {
            Assert.Throws<ArgumentOutOfRangeException>(
                () => channel.Post(SimTime.FromMilliseconds(12), EventPriority.Frames, _origin, new Do(_ => { })));
            channel.Post(SimTime.FromMilliseconds(13), EventPriority.Frames, _origin, new Do(o => arrived = o.Now));
        }));
        RunResult result = _simulator.Run(SimTime.FromSeconds(1));
        Assert.Null(result.Failure);
        Assert.Equal(SimTime.FromMilliseconds(13), arrived);
        Assert.Throws<ArgumentOutOfRangeException>(() => _simulator.Connect(_timeline, other, SimDuration.Zero));
    }

    private sealed class LoweredTurn : ITurn
    {
        public SimTime? Limit { get; private set; }

        public void Lower(SimTime limit) => Limit = limit;
    }
}
