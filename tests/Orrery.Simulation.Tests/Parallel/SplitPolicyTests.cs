using Xunit;

namespace Orrery.Simulation.Tests.Parallel;

public class SplitPolicyTests
{
    private const double Span = 20; // ms, after which it decides

    [Theory]
    [InlineData(GroupSplitting.Never, false)]
    [InlineData(GroupSplitting.Always, true)]
    [InlineData(GroupSplitting.WhenItPays, true)]
    public void It_begins_with_what_was_asked_for_and_else_with_a_trial(GroupSplitting splitting, bool splits)
    {
        var policy = new SplitPolicy(splitting);
        Assert.Equal(splits, policy.Splits);
        Assert.Equal(splitting == GroupSplitting.WhenItPays, policy.Learns);
    }

    [Fact]
    public void A_split_stays_while_the_workers_are_busy_at_the_same_time()
    {
        var policy = new SplitPolicy(GroupSplitting.WhenItPays);
        for (int i = 0; i < 10; i++)
        {
            Learn(policy, wall: Span, busy: 1.15 * Span, rounds: 1000);
            Assert.True(policy.Splits);
        }

        Learn(policy, wall: Span, busy: 1.05 * Span, rounds: 1000);
        Assert.False(policy.Splits);
    }

    [Fact]
    public void Nothing_is_decided_before_enough_was_seen()
    {
        var policy = new SplitPolicy(GroupSplitting.WhenItPays);
        Learn(policy, wall: 0.4 * Span, busy: 0.4 * Span, rounds: 1);
        Learn(policy, wall: 0.4 * Span, busy: 0.4 * Span, rounds: 1);
        Assert.True(policy.Splits);
        Learn(policy, wall: 0.4 * Span, busy: 0.4 * Span, rounds: 1);
        Assert.False(policy.Splits);
    }

    [Fact]
    public void Short_rounds_are_never_worth_another_trial()
    {
        SplitPolicy policy = AfterOneTrialInVain();
        for (int i = 0; i < 1000; i++)
        {
            Learn(policy, wall: Span, busy: Span, rounds: 100); // 200 us each
            Assert.False(policy.Splits);
        }
    }

    [Fact]
    public void Trials_in_vain_become_rarer_and_one_that_pays_ends_that()
    {
        SplitPolicy policy = AfterOneTrialInVain();
        Assert.Equal([1, 2, 4, 8, 16], Enumerable.Range(0, 5).Select(_ => SpansToNextTrial(policy)));
        _ = SpansUntilSplit(policy);
        Learn(policy, wall: Span, busy: 1.6 * Span, rounds: 20);
        Assert.True(policy.Splits);
        Learn(policy, wall: Span, busy: Span, rounds: 20);
        Assert.False(policy.Splits);
        Assert.Equal(1, SpansToNextTrial(policy));

        for (int i = 0; i < 20; i++)
        {
            _ = SpansToNextTrial(policy);
        }

        Assert.Equal(1024, SpansToNextTrial(policy));
    }

    [Fact]
    public void Rounds_are_limited_by_windows_and_by_the_shortest_lookahead()
    {
        var simulator = new Simulator();
        Timeline a = simulator.AddTimeline("a");
        Timeline b = simulator.AddTimeline("b");
        simulator.Connect(a, b, SimDuration.FromMilliseconds(5));
        simulator.Connect(b, a, SimDuration.FromMilliseconds(20));
        Origin origin = simulator.AddOrigin("o");
        foreach (int time in new[] { 1, 2, 3 })
        {
            a.Schedule(SimTime.Zero + SimDuration.FromMilliseconds((ulong)time), EventPriority.Devices, origin, new Support.Do(_ => { }));
        }

        simulator.Run(SimTime.FromSeconds(1));
        TimelineGroup group = a.Share!.Group;
        Assert.Equal(SimDuration.FromMilliseconds(5), group.ShortestLookahead);
        Assert.Equal((int)a.WindowCount, SplitPolicy.RoundsOf(group, simulator.Options.EpochLength));
        Assert.Equal(1, SplitPolicy.RoundsOf(group, SimDuration.FromMilliseconds(4)));
    }

    private static SplitPolicy AfterOneTrialInVain()
    {
        var policy = new SplitPolicy(GroupSplitting.WhenItPays);
        Learn(policy, wall: Span, busy: Span, rounds: 20);
        Assert.False(policy.Splits);
        return policy;
    }

    /// <summary>Spans until it splits again; the trial is in vain.</summary>
    private static int SpansToNextTrial(SplitPolicy policy)
    {
        int spans = SpansUntilSplit(policy);
        Learn(policy, wall: Span, busy: Span, rounds: 20);
        Assert.False(policy.Splits);
        return spans;
    }

    private static int SpansUntilSplit(SplitPolicy policy)
    {
        int spans = 0;
        while (!policy.Splits)
        {
            Learn(policy, wall: Span, busy: Span, rounds: 20); // 1 ms each
            spans++;
        }

        return spans;
    }

    private static void Learn(SplitPolicy policy, double wall, double busy, long rounds) =>
        policy.Learn(TimeSpan.FromMilliseconds(wall), TimeSpan.FromMilliseconds(busy), rounds);
}
