namespace Orrery.Simulation;

/// <summary>
/// Timelines that channels join, directly or through others. Groups never wait for each other within an epoch. One worker
/// runs a whole group, or several share it.
/// </summary>
internal sealed class TimelineGroup
{
    private readonly Distances _distances;
    private readonly Channel[][] _entering; // by member

    /// <param name="members">Its timelines.</param>
    /// <param name="channels">The channels between them.</param>
    internal TimelineGroup(IEnumerable<Timeline> members, IReadOnlyCollection<Channel> channels)
    {
        Members = [.. members];
        for (int i = 0; i < Members.Length; i++)
        {
            Members[i].GroupIndex = i;
        }

        ILookup<int, Channel> entering = channels.ToLookup(c => c.To.GroupIndex);
        _entering = [.. Enumerable.Range(0, Members.Length).Select(i => entering[i].ToArray())];
        _distances = new Distances(Members.Length, _entering);
        ShortestLookahead = channels.Select(channel => channel.Lookahead).DefaultIfEmpty(SimTime.Never - SimTime.Zero).Min();
        Published = new ulong[Members.Length];
        Wanted = new ulong[Members.Length];
    }

    /// <summary>Its timelines; those of a share are neighbours.</summary>
    internal Timeline[] Members { get; }

    /// <summary>The smallest delay between any two of its timelines.</summary>
    internal SimDuration ShortestLookahead { get; }

    /// <summary>Whether several workers can share it.</summary>
    internal bool CanBeSplit => Members.Length > 1;

    /// <summary>How much work it is likely to be.</summary>
    internal double Weight => Members.Sum(timeline => timeline.Weight);

    /// <summary>Who runs it; none before <see cref="Assign"/>.</summary>
    internal TimelineShare[] Shares { get; private set; } = [];

    /// <summary>Guards what the shares tell each other: all that follows, and their mail.</summary>
    internal Lock Lock { get; } = new();

    /// <summary>By member: the earliest time at which it may still do something, as told by its share last.</summary>
    internal ulong[] Published { get; }

    /// <summary>By member: a share waits until the member has reached this time; <see cref="ulong.MaxValue"/> when none does.</summary>
    internal ulong[] Wanted { get; }

    /// <summary>The end of the epoch, in nanoseconds.</summary>
    internal ulong End { get; private set; }

    /// <summary>Whether all members have reached <see cref="End"/> and no mail is left.</summary>
    internal bool IsFinished { get; set; }

    /// <summary>Gives its timelines to workers, with everything standing still.</summary>
    /// <param name="parts">For each share its worker and how many of the <see cref="Members"/> it has, in their order.</param>
    internal void Assign(IReadOnlyList<(Worker Worker, int Count)> parts)
    {
        Shares = new TimelineShare[parts.Count];
        int first = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            Shares[i] = new TimelineShare(this, parts[i].Worker, first, parts[i].Count);
            first += parts[i].Count;
        }
    }

    /// <summary>Prepares for the epoch up to <paramref name="end"/>, with everything standing still.</summary>
    internal void BeginEpoch(ulong end)
    {
        End = end;
        IsFinished = true;
        for (int i = 0; i < Members.Length; i++)
        {
            Published[i] = Members[i].Queue.NextNanoseconds;
            IsFinished &= Published[i] >= end;
        }

        Array.Fill(Wanted, ulong.MaxValue);
        foreach (TimelineShare share in Shares)
        {
            share.BeginEpoch();
        }
    }

    /// <summary>Sorts in what is still on its way, with everything standing still.</summary>
    internal void EndEpoch()
    {
        foreach (TimelineShare share in Shares)
        {
            share.EndEpoch();
        }
    }

    /// <summary>
    /// The shortest distance from each member to <paramref name="to"/>, in nanoseconds; in its own place the shortest round
    /// trip. <see cref="SimTime.MaxNanoseconds"/> where there is no way.
    /// </summary>
    internal ReadOnlySpan<ulong> DistancesTo(int to) => _distances.To(to);

    /// <summary>The channel through which <paramref name="from"/> reaches <paramref name="to"/> first.</summary>
    internal Channel LastChannel(int from, int to)
    {
        ulong distance = _distances.To(to)[from];
        foreach (Channel channel in _entering[to])
        {
            int via = channel.From.GroupIndex;
            ulong before = via == from ? 0 : _distances.To(via)[from];
            if (before + channel.Lookahead.Nanoseconds == distance)
            {
                return channel;
            }
        }

        throw new InvalidOperationException("There is no way.");
    }
}
