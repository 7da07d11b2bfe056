using Xunit;

namespace Orrery.Simulation.Tests.Checkpoints;

/// <summary>An event that a checkpoint has where its handler's events cannot be is refused.</summary>
public class HandlerPlaceTests
{
    private static readonly SimTime Due = SimTime.FromSeconds(1);

    private readonly Simulator _simulator = new();
    private readonly Timeline _here;
    private readonly Origin _mine;
    private readonly Origin _other;
    private readonly Bell _bell = new();
    private readonly HandlerDirectory _handlers = new();

    public HandlerPlaceTests()
    {
        _here = _simulator.AddTimeline("here");
        _simulator.AddTimeline("there");
        _mine = _simulator.AddOrigin("mine");
        _other = _simulator.AddOrigin("other");
        _handlers.Add("bell", _bell, new HandlerPlace(_here, EventPriority.Devices, _mine, CountMax: 1));
        _here.Schedule(Due, EventPriority.Devices, _mine, _bell);
        _other.NextSequence = 1;
        _mine.NextSequence = 2;
    }

    [Fact]
    public void An_event_in_its_place_is_restored()
    {
        SimulationState state = _simulator.Save(_handlers, out _)!;
        Assert.True(_simulator.TryRestore(state, _handlers, out string error), error);
        _simulator.Run(SimTime.Never);
        Assert.Equal(1, _bell.RingCount);
    }

    [Fact]
    public void A_handler_that_nobody_has_added_cannot_be_saved()
    {
        _here.Schedule(Due, EventPriority.Devices, _mine, new Bell());
        Assert.Null(_simulator.Save(_handlers, out string error));
        Assert.Contains("Bell has no key", error, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Misplacements => new()
    {
        { "timeline", "is not on here, where its handler is" },
        { "priority", "has not the priority Devices of its handler's events" },
        { "origin", "has not the origin mine of its handler's events" },
        { "twice", "is one more than the 1 that its handler can have now" },
        { "nobody's", "has no such handler" },
    };

    [Theory]
    [MemberData(nameof(Misplacements))]
    public void An_event_elsewhere_is_refused(string how, string message)
    {
        SimulationState state = _simulator.Save(_handlers, out _)!;
        EventState saved = state.Timelines[0].Events[0];
        (EventState[] here, EventState[] there) = how switch
        {
            "timeline" => ([], new[] { saved }),
            "priority" => ([saved with { Priority = EventPriority.Frames }], []),
            "origin" => ([saved with { Origin = _other.Id }], []),
            "twice" => ([saved, saved with { Sequence = 1 }], []),
            _ => ((EventState[])[saved with { Handler = "gong" }], Array.Empty<EventState>()),
        };
        SimulationState forged = state with
        {
            Timelines = [state.Timelines[0] with { Events = here }, state.Timelines[1] with { Events = there }],
        };
        Assert.False(_simulator.TryRestore(forged, _handlers, out string error));
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    private sealed class Bell : IEventHandler
    {
        public int RingCount { get; private set; }

        public void Handle(Timeline timeline, ulong argument) => RingCount++;
    }
}
