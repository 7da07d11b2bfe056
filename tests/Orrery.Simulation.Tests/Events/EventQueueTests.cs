using FsCheck;
using FsCheck.Fluent;
using Orrery.Simulation.Tests.Support;
using Xunit;

namespace Orrery.Simulation.Tests.Events;

public class EventQueueTests
{
    private static readonly IEventHandler Nobody = new Do(_ => { });

    /// <summary>One step of a random program on a queue. Times are of every magnitude, and few at each, so that ties are common.</summary>
    private sealed record Step(int Verb, ulong Time, int Priority, int Origin, int Pick);

    [Fact]
    public void Behaves_as_a_sorted_list_under_any_program()
    {
        Gen<Step> step =
            from verb in Gen.Choose(0, 7)
            from time in Gen.Choose(0, 10)
            from magnitude in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(0, 62)))
            from priority in Gen.Choose(0, 3)
            from origin in Gen.Choose(0, 3)
            from pick in Gen.Choose(0, int.MaxValue - 1)
            select new Step(verb, Math.Min((ulong)time << magnitude, SimTime.MaxNanoseconds - 1), priority, origin, pick);
        Prop.ForAll(step.ListOf().ToArbitrary(), steps => Agrees(steps))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(600));
    }

    /// <summary>Many events, whose delays are of a random magnitude: every way through wheel, run and heap.</summary>
    [Theory]
    [InlineData(0, 0)] // all at one instant
    [InlineData(0, 12)]
    [InlineData(0, 40)]
    [InlineData(30, 32)]
    public void Many_events_come_in_order(int magnitudeMin, int magnitudeMax)
    {
        var queue = new EventQueue();
        var origin = new Origin(0, "o");
        var random = new RandomStream(1, $"{magnitudeMin} {magnitudeMax}");
        var model = new PriorityQueue<ulong, (ulong Time, ulong Sequence)>();
        ulong now = 0;
        for (int round = 0; round < 200; round++)
        {
            for (ulong i = random.NextBelow(500); i > 0; i--)
            {
                int magnitude = magnitudeMin + (int)random.NextBelow((ulong)(magnitudeMax - magnitudeMin + 1));
                ulong due = now + random.NextBelow(1ul << magnitude);
                ulong sequence = origin.NextSequence;
                queue.Add(SimTime.FromNanoseconds(due), EventPriority.Frames, origin, Nobody, sequence);
                model.Enqueue(sequence, (due, sequence));
            }

            for (ulong i = random.NextBelow(500); i > 0 && model.TryDequeue(out ulong sequence, out (ulong Time, ulong Sequence) first); i--)
            {
                Assert.Equal(first.Time, queue.NextNanoseconds);
                Assert.True(queue.TryTake(SimTime.MaxNanoseconds, out now, out _, out ulong argument));
                Assert.Equal((first.Time, sequence), (now, argument));
            }
        }

        Assert.Equal(model.Count, queue.Count);
    }

    [Fact]
    public void An_event_far_away_does_not_slow_down_what_comes_before()
    {
        // The queue looks far ahead, then gets much to do before that: it must sort anew, and stay in order.
        var queue = new EventQueue();
        var origin = new Origin(0, "o");
        queue.Add(SimTime.FromSeconds(3600), EventPriority.Frames, origin, Nobody, 0);
        Assert.Equal(SimTime.FromSeconds(3600), queue.NextTime);
        for (ulong i = 1000; i > 0; i--)
        {
            queue.Add(SimTime.FromNanoseconds(i), EventPriority.Frames, origin, Nobody, i);
        }

        for (ulong i = 1; i <= 1000; i++)
        {
            Assert.True(queue.TryTake(SimTime.MaxNanoseconds, out ulong due, out _, out ulong argument));
            Assert.Equal((i, i), (due, argument));
        }

        Assert.Equal(1, queue.Count);
    }

    [Fact]
    public void A_warm_queue_allocates_nothing()
    {
        var queue = new EventQueue();
        var origin = new Origin(0, "o");
        var random = new RandomStream(1, "q");
        var handles = new EventHandle[1000];
        ulong now = 0;
        Churn(200_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Churn(20_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Churn(int count)
        {
            for (int i = 0; i < count; i++)
            {
                int pick = (int)random.NextBelow(1000);
                queue.Cancel(handles[pick]);
                handles[pick] = queue.Add(
                    SimTime.FromNanoseconds(now + random.NextBelow(1_000_000)), EventPriority.Frames, origin, Nobody, 0);
                if (i % 2 == 0)
                {
                    queue.TryTake(SimTime.MaxNanoseconds, out now, out _, out _);
                }
            }
        }
    }

    [Fact]
    public void Cancelling_most_of_many_keeps_the_rest_in_order()
    {
        var queue = new EventQueue();
        var origin = new Origin(0, "o");
        var handles = new List<EventHandle>();
        for (ulong i = 0; i < 10_000; i++)
        {
            handles.Add(queue.Add(SimTime.FromNanoseconds(i * 7919 % 10_007), EventPriority.Frames, origin, Nobody, i));
        }

        for (int i = 0; i < handles.Count; i++)
        {
            Assert.Equal(i % 10 != 0, i % 10 != 0 && queue.Cancel(handles[i]));
        }

        Assert.Equal(1000, queue.Count);
        ulong last = 0;
        int taken = 0;
        while (queue.TryTake(SimTime.MaxNanoseconds, out ulong due, out _, out ulong argument))
        {
            Assert.True(due >= last);
            Assert.Equal(0ul, argument % 10);
            last = due;
            taken++;
        }

        Assert.Equal(1000, taken);
        Assert.Equal(SimTime.Never, queue.NextTime);
    }

    [Fact]
    public void A_stale_handle_hits_nothing()
    {
        var queue = new EventQueue();
        var origin = new Origin(0, "o");
        EventHandle first = queue.Add(SimTime.Zero, EventPriority.Frames, origin, Nobody, 0);
        Assert.True(queue.Cancel(first));
        EventHandle second = queue.Add(SimTime.Zero, EventPriority.Frames, origin, Nobody, 0); // takes the same place
        Assert.False(queue.Cancel(first));
        Assert.Equal(EventHandle.None, queue.Reschedule(first, SimTime.FromSeconds(1)));
        Assert.False(queue.Cancel(EventHandle.None));
        Assert.True(queue.Contains(second));
    }

    private static bool Agrees(IEnumerable<Step> steps)
    {
        var queue = new EventQueue();
        Origin[] origins = [.. Enumerable.Range(0, 4).Select(i => new Origin((uint)i, $"o{i}"))];
        var model = new SortedDictionary<(ulong Time, int Priority, uint Origin, ulong Sequence), (ulong Argument, EventHandle Handle)>();
        ulong argument = 0;
        foreach (Step step in steps)
        {
            SimTime due = SimTime.FromNanoseconds(step.Time);
            Origin origin = origins[step.Origin];
            var picked = model.Count == 0 ? default : model.ElementAt(step.Pick % model.Count);
            switch (step.Verb)
            {
                case < 4:
                    var key = (due.Nanoseconds, step.Priority, origin.Id, origin.NextSequence);
                    model.Add(key, (argument, queue.Add(due, (EventPriority)step.Priority, origin, Nobody, argument)));
                    argument++;
                    break;
                case 4 when model.Count > 0:
                    if (!queue.Cancel(picked.Value.Handle) || queue.Cancel(picked.Value.Handle))
                    {
                        return false;
                    }

                    model.Remove(picked.Key);
                    break;
                case 5 when model.Count > 0:
                    EventHandle moved = queue.Reschedule(picked.Value.Handle, due);
                    model.Remove(picked.Key);
                    model.Add(picked.Key with { Time = due.Nanoseconds }, (picked.Value.Argument, moved));
                    break;
                default:
                    if (!TakesSame(queue, model, due.Nanoseconds))
                    {
                        return false;
                    }

                    break;
            }

            if (queue.Count != model.Count || queue.NextNanoseconds != (model.Count == 0 ? SimTime.MaxNanoseconds : model.First().Key.Time))
            {
                return false;
            }
        }

        while (model.Count > 0)
        {
            if (!TakesSame(queue, model, SimTime.MaxNanoseconds))
            {
                return false;
            }
        }

        return queue.Count == 0;
    }

    private static bool TakesSame(
        EventQueue queue,
        SortedDictionary<(ulong Time, int Priority, uint Origin, ulong Sequence), (ulong Argument, EventHandle Handle)> model,
        ulong limit)
    {
        bool expected = model.Count > 0 && model.First().Key.Time < limit;
        if (queue.TryTake(limit, out ulong due, out _, out ulong argument) != expected)
        {
            return false;
        }

        if (!expected)
        {
            return true;
        }

        var first = model.First();
        model.Remove(first.Key);
        return first.Key.Time == due && first.Value.Argument == argument;
    }
}
