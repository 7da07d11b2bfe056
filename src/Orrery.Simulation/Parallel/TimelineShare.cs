namespace Orrery.Simulation;

/// <summary>The timelines of a group that one worker runs, and what it knows of the others.</summary>
internal sealed class TimelineShare
{
    private readonly TimelineGroup _group;
    private readonly ulong[] _known; // by member: the earliest time at which it may still do something

    internal TimelineShare(TimelineGroup group)
    {
        _group = group;
        _known = new ulong[group.Members.Length];
    }

    internal void BeginEpoch(RunControl control)
    {
        _ = control;
        foreach (Timeline timeline in _group.Members)
        {
            timeline.Share = this;
            _known[timeline.GroupIndex] = timeline.Queue.NextNanoseconds;
        }
    }

    internal void EndEpoch()
    {
        foreach (Timeline timeline in _group.Members)
        {
            timeline.Share = null;
        }
    }

    /// <summary>Takes an event from one of the share's timelines to another timeline of the group.</summary>
    internal void Send(Timeline to, in Message message)
    {
        to.Receive(in message);
        _known[to.GroupIndex] = Math.Min(_known[to.GroupIndex], message.Due);
    }

    /// <summary>Runs windows until every timeline has reached <paramref name="end"/> (nanoseconds).</summary>
    internal void Run(ulong end, RunControl control)
    {
        while (true)
        {
            int index = IndexOfMin(_known);
            if (_known[index] >= end || control.StopsNow)
            {
                return;
            }

            // The earliest timeline can always run: every distance is above zero.
            RunWindow(_group.Members[index], Math.Min(LimitOf(index), end), control);
            _known[index] = _group.Members[index].Queue.NextNanoseconds;
        }
    }

    private static int IndexOfMin(ReadOnlySpan<ulong> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] < values[best])
            {
                best = i;
            }
        }

        return best;
    }

    private static void RunWindow(Timeline timeline, ulong limit, RunControl control)
    {
        try
        {
            timeline.RunWindow(limit, control);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            control.Fail(new TimelineFailure(timeline, timeline.Now, exception));
        }
    }

    private ulong LimitOf(int index)
    {
        ReadOnlySpan<ulong> distances = _group.DistancesTo(index);
        ulong limit = SimTime.MaxNanoseconds;
        for (int i = 0; i < _known.Length; i++)
        {
            limit = Math.Min(limit, _known[i] + distances[i]);
        }

        return limit;
    }
}
