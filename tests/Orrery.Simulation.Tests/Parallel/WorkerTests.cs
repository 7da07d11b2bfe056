using Orrery.Simulation.Tests.Support;
using Xunit;

namespace Orrery.Simulation.Tests.Parallel;

public class WorkerTests
{
    private static readonly SimDuration Delay = SimDuration.FromMilliseconds(1);

    [Fact]
    public void Each_worker_is_announced_on_its_own_thread()
    {
        var threads = new int[3];
        var simulator = new Simulator(new SimulatorOptions
        {
            Workers = 3,
            WorkerStarting = index => threads[index] = Environment.CurrentManagedThreadId,
        });
        var ranOn = new int[3];
        for (int i = 0; i < 3; i++)
        {
            int index = i;
            Timeline timeline = simulator.AddTimeline($"t{i}");
            timeline.Schedule(SimTime.Zero, EventPriority.Devices, simulator.AddOrigin($"o{i}"), new Do(_ => ranOn[index] = Environment.CurrentManagedThreadId));
        }

        simulator.AssignWorkers();
        int[] workers = [.. simulator.Timelines.Select(timeline => timeline.WorkerIndex)];
        simulator.Run(SimTime.Never);
        Assert.Equal([0, 1, 2], workers.Order());
        Assert.Equal(3, threads.Distinct().Count());
        Assert.Equal(Environment.CurrentManagedThreadId, threads[0]);
        Assert.Equal(workers.Select(worker => threads[worker]), ranOn);
    }

    [Fact]
    public void What_the_announcement_throws_ends_the_run()
    {
        var simulator = new Simulator(new SimulatorOptions
        {
            Workers = 2,
            WorkerStarting = index =>
            {
                if (index == 1)
                {
                    throw new InvalidOperationException("no core");
                }
            },
        });
        Assert.Equal("no core", Assert.Throws<InvalidOperationException>(() => simulator.Run(SimTime.Never)).Message);
    }

    [Fact]
    public void Connected_timelines_stay_together_and_groups_are_balanced()
    {
        var simulator = new Simulator(new SimulatorOptions { Workers = 2 });
        for (int pair = 0; pair < 6; pair++)
        {
            Pair(simulator, pair);
        }

        simulator.Timelines[0].Weight = 3; // as much as the rest of two pairs
        simulator.AssignWorkers();
        int[] workers = [.. simulator.Timelines.Select(timeline => timeline.WorkerIndex)];
        for (int pair = 0; pair < 6; pair++)
        {
            Assert.Equal(workers[2 * pair], workers[(2 * pair) + 1]);
        }

        double[] loads = [.. simulator.Timelines.GroupBy(t => t.WorkerIndex, t => t.Weight).Select(weights => weights.Sum())];
        Assert.Equal([6, 8], loads.Order());
    }

    [Theory]
    [InlineData(GroupSplitting.Never, 1)]
    [InlineData(GroupSplitting.Always, 2)]
    [InlineData(GroupSplitting.WhenItPays, 2)]
    public void A_group_is_split_when_asked(GroupSplitting splitting, int expected)
    {
        var simulator = new Simulator(new SimulatorOptions { Workers = 2, Splitting = splitting });
        Pair(simulator, 0);
        simulator.AssignWorkers();
        Assert.Equal(expected, simulator.Timelines.Select(timeline => timeline.WorkerIndex).Distinct().Count());
    }

    [Fact]
    public void Everybody_is_told_when_timelines_move_to_other_workers()
    {
        var told = new List<int>();
        Simulator? simulator = null;
        simulator = new Simulator(new SimulatorOptions
        {
            Workers = 2,
            Splitting = GroupSplitting.Always,
            WorkersAssigned = () => told.Add(simulator!.Timelines.Select(timeline => timeline.WorkerIndex).Distinct().Count()),
        });
        (Timeline a, _) = Pair(simulator, 0);
        simulator.AssignWorkers();
        simulator.AssignWorkers();
        Assert.Equal([2], told);
        a.Schedule(SimTime.Zero, EventPriority.Devices, simulator.AddOrigin("o"), new Do(_ => { }));
        simulator.Run(SimTime.Never);
        Assert.Equal([2], told);
        Pair(simulator, 1);
        simulator.AssignWorkers();
        Assert.Equal([2, 2], told);
    }

    [Fact]
    public void A_sender_in_a_long_turn_is_heard_before_it_ends()
    {
        // b waits; a sends in its turn, and must not go on for ever before b has what it sent.
        var simulator = new Simulator(new SimulatorOptions { Workers = 2, Splitting = GroupSplitting.Always });
        (Timeline a, Timeline b) = Pair(simulator, 0);
        Channel channel = simulator.Channels.Single(c => c.From == a);
        Origin origin = simulator.AddOrigin("a");
        using var heard = new ManualResetEventSlim();
        using var waits = new ManualResetEventSlim();
        bool inTime = false;
        SimTime begin = SimTime.FromNanoseconds(1000);
        b.Schedule(begin, EventPriority.Devices, simulator.AddOrigin("b"), new Do(_ => waits.Set()));
        a.Schedule(begin, EventPriority.Devices, origin, new Do(timeline =>
        {
            var turn = new Turn();
            waits.Wait();
            SimTime limit = timeline.BeginTurn(turn);
            channel.Post(timeline.Now + Delay, EventPriority.Frames, origin, new Do(_ => heard.Set()));
            for (SimTime time = timeline.Now; time < limit && !heard.IsSet; time += SimDuration.FromNanoseconds(20))
            {
                Assert.True(timeline.AdvanceTo(time));
                Thread.Yield();
            }

            inTime = heard.IsSet;
            timeline.EndTurn();
        }));
        Assert.Equal(RunOutcome.Idle, simulator.Run(SimTime.Never).Outcome);
        Assert.True(inTime);
    }

    [Fact]
    public void A_cancellation_reaches_a_worker_that_runs_and_one_that_waits()
    {
        using var cancellation = new CancellationTokenSource();
        var simulator = new Simulator(new SimulatorOptions { Workers = 2, Splitting = GroupSplitting.Always, EpochLength = SimDuration.FromSeconds(1_000_000) });
        (Timeline a, Timeline b) = Pair(simulator, 0);
        Origin origin = simulator.AddOrigin("busy");

        // b cannot go on before a has; a runs for ever at one instant.
        int left = 100_000;
        Do? busy = null;
        busy = new Do(t =>
        {
            t.Schedule(t.Now, EventPriority.Devices, origin, busy!);
            if (--left == 0)
            {
                cancellation.Cancel();
            }
        });
        a.Schedule(SimTime.Zero, EventPriority.Devices, origin, busy);
        b.Schedule(SimTime.FromSeconds(1), EventPriority.Devices, simulator.AddOrigin("b"), new Do(_ => { }));
        Assert.Equal(RunOutcome.Cancelled, simulator.Run(SimTime.Never, null, cancellation.Token).Outcome);
        Assert.Equal(0, left);
    }

    [Fact]
    public void A_failure_on_any_worker_ends_the_run_and_the_simulator_can_be_asked_for_another()
    {
        var simulator = new Simulator(new SimulatorOptions { Workers = 2, Splitting = GroupSplitting.Always });
        (Timeline a, Timeline b) = Pair(simulator, 0);
        simulator.AssignWorkers();
        Timeline failing = a.WorkerIndex == 1 ? a : b;
        Timeline other = failing == a ? b : a;
        failing.Schedule(SimTime.FromSeconds(1), EventPriority.Devices, simulator.AddOrigin("f"), new Do(_ => throw new InvalidDataException("bad")));
        other.Schedule(SimTime.FromSeconds(5), EventPriority.Devices, simulator.AddOrigin("o"), new Do(_ => { }));
        RunResult result = simulator.Run(SimTime.Never);
        Assert.Equal(RunOutcome.Failed, result.Outcome);
        Assert.Same(failing, result.Failure!.Timeline);
        Assert.Equal(RunOutcome.Idle, simulator.Run(SimTime.Never).Outcome);
        Assert.Equal(1ul, other.EventCount);
    }

    [Fact]
    public void A_way_through_several_timelines_is_blamed_on_its_last_channel()
    {
        var simulator = new Simulator();
        Timeline[] chain = [.. Enumerable.Range(0, 4).Select(i => simulator.AddTimeline($"t{i}"))];
        for (int i = 1; i < 4; i++)
        {
            simulator.Connect(chain[i - 1], chain[i], Delay);
        }

        Channel detour = simulator.Connect(chain[0], chain[3], Delay * 5);
        simulator.AssignWorkers();
        TimelineGroup group = simulator.Timelines[0].Share!.Group;
        int[] index = [.. chain.Select(timeline => timeline.GroupIndex)];
        Assert.Equal(chain[2], group.LastChannel(index[0], index[3]).From);
        Assert.Equal((Delay * 3).Nanoseconds, group.DistancesTo(index[3])[index[0]]);
        Assert.Equal(SimTime.MaxNanoseconds, group.DistancesTo(index[0])[index[3]]);
        Assert.Equal(SimTime.MaxNanoseconds, group.DistancesTo(index[0])[index[0]]); // no way back

        detour = simulator.Connect(chain[0], chain[3], Delay * 2);
        simulator.AssignWorkers();
        group = simulator.Timelines[0].Share!.Group;
        Assert.Same(detour, group.LastChannel(chain[0].GroupIndex, chain[3].GroupIndex));
    }

    private static (Timeline A, Timeline B) Pair(Simulator simulator, int number)
    {
        Timeline a = simulator.AddTimeline($"a{number}");
        Timeline b = simulator.AddTimeline($"b{number}");
        simulator.Connect(a, b, Delay);
        simulator.Connect(b, a, Delay);
        return (a, b);
    }

    private sealed class Turn : ITurn
    {
        public void Lower(SimTime limit)
        {
        }
    }
}
