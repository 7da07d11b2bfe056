using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Simulation.Tests.Support;
using Xunit;

namespace Orrery.Simulation.Tests.Checkpoints;

public class CheckpointTests
{
    private static readonly LabPlan Plan = new(3, [(0, 1, 100), (1, 0, 100), (1, 2, 7)], 42, 5_000, 40);

    [Fact]
    public void A_run_resumed_from_a_checkpoint_is_the_run_that_was_not_interrupted() => Prop.ForAll(
        (from plan in LabPlan.Generator
         from time in Gen.Choose(0, 100_000)
         from workers in Gen.Choose(1, 2)
         select (plan, time: SimTime.FromNanoseconds((ulong)time), workers)).ToArbitrary(),
        lab =>
        {
            using var expected = new RecordDigest();
            new RandomLab(lab.plan, expected).RunToEnd();

            using var digest = new RecordDigest();
            var first = new RandomLab(lab.plan, digest, lab.workers);
            first.Simulator.Run(lab.time);
            SimulationState? saved = first.Simulator.Save(first, out string error);
            Assert.Equal("", error);
            string text = JsonSerializer.Serialize((Simulation: saved!, first.Nodes), Fields);

            (SimulationState state, NodeState[] nodes) = JsonSerializer.Deserialize<(SimulationState, NodeState[])>(text, Fields);
            var second = new RandomLab(lab.plan, digest, lab.workers);
            second.Restore(nodes);
            Assert.True(second.Simulator.TryRestore(state, second, out error), error);
            second.RunToEnd();
            return expected.ToString() == digest.ToString();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(30));

    [Fact]
    public void Saving_changes_nothing()
    {
        using var expected = new RecordDigest();
        new RandomLab(Plan, expected).RunToEnd();
        using var digest = new RecordDigest();
        var lab = new RandomLab(Plan, digest);
        for (ulong time = 0; time < 100_000; time += 1000)
        {
            lab.Simulator.Run(SimTime.FromNanoseconds(time));
            Assert.NotNull(lab.Simulator.Save(lab, out _));
        }

        lab.RunToEnd();
        Assert.Equal(expected.ToString(), digest.ToString());
    }

    [Fact]
    public void An_event_without_a_key_is_named()
    {
        var simulator = new Simulator();
        using var digest = new RecordDigest();
        Process.Start(simulator.AddTimeline("t"), simulator.AddOrigin("p"), async p => await p.Delay(SimDuration.FromSeconds(1)));
        Assert.Null(simulator.Save(new RandomLab(Plan, digest), out string error));
        Assert.Equal("t: an event of p, due at 0s, cannot be saved: Process has no key.", error);
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "time", "is not below 2^63" },
        { "origin missing", "2 origins were saved, but there are 3" },
        { "timeline renamed", "Number 1 of the timelines was saved as 'other', but is 't1'" },
        { "stream twice", "was saved twice" },
        { "stream zero", "in a state that none can be in" },
        { "stream missing", "was not saved" },
        { "past", "is due in the past" },
        { "late", "after the end of time" },
        { "priority", "has no such priority" },
        { "event origin", "has no such origin" },
        { "sequence", "its origin has not reached" },
        { "duplicate", "the number of another event" },
        { "handler", "has no such handler" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_state_is_refused_and_changes_nothing(string damage, string message)
    {
        using var expected = new RecordDigest();
        new RandomLab(Plan, expected).RunToEnd();
        using var digest = new RecordDigest();
        var lab = new RandomLab(Plan, digest);
        lab.Simulator.Run(SimTime.FromNanoseconds(300));
        SimulationState damaged = Damage(lab.Simulator.Save(lab, out _)!, damage);
        Assert.False(lab.Simulator.TryRestore(damaged, lab, out string error));
        Assert.Contains(message, error, StringComparison.Ordinal);
        lab.RunToEnd();
        Assert.Equal(expected.ToString(), digest.ToString());
    }

    private static readonly JsonSerializerOptions Fields = new() { IncludeFields = true };

    private static SimulationState Damage(SimulationState state, string how)
    {
        TimelineState timeline = state.Timelines.First(t => t.Events.Count > 0);
        EventState first = timeline.Events[0];
        RandomStreamState stream = state.RandomStreams[0];
        return how switch
        {
            "time" => state with { NowNanoseconds = ulong.MaxValue },
            "origin missing" => state with { Origins = [.. state.Origins.Skip(1)] },
            "timeline renamed" => state with { Timelines = [state.Timelines[0], state.Timelines[1] with { Name = "other" }, state.Timelines[2]] },
            "stream twice" => state with { RandomStreams = [stream, .. state.RandomStreams] },
            "stream zero" => state with { RandomStreams = [stream with { State = default }, .. state.RandomStreams.Skip(1)] },
            "stream missing" => state with { RandomStreams = [.. state.RandomStreams.Skip(1)] },
            "past" => WithEvents(first with { DueNanoseconds = state.NowNanoseconds - 1 }),
            "late" => WithEvents(first with { DueNanoseconds = ulong.MaxValue }),
            "priority" => WithEvents(first with { Priority = (EventPriority)9 }),
            "event origin" => WithEvents(first with { Origin = uint.MaxValue }),
            "sequence" => WithEvents(first with { Sequence = ulong.MaxValue }),
            "duplicate" => WithEvents(first, first),
            "handler" => WithEvents(first with { Handler = "nobody" }),
            _ => throw new ArgumentOutOfRangeException(nameof(how)),
        };

        SimulationState WithEvents(params EventState[] events) =>
            state with { Timelines = [.. state.Timelines.Select(t => t == timeline ? t with { Events = events } : t)] };
    }
}
