namespace Orrery.Simulation;

/// <summary>
/// Timelines that channels join, directly or through others, with the shortest distances between them. Groups never wait
/// for each other within an epoch.
/// </summary>
internal sealed class TimelineGroup
{
    private readonly ulong[] _distances; // row: to, column: from

    private TimelineGroup(List<Timeline> members, List<Channel> channels)
    {
        Members = [.. members];
        _distances = Distances.Compute(Members, channels);
    }

    internal Timeline[] Members { get; }

    /// <summary>
    /// The shortest distance from each member to <paramref name="to"/>, in nanoseconds; in its own place the shortest round
    /// trip. <see cref="SimTime.MaxNanoseconds"/> where there is no way.
    /// </summary>
    internal ReadOnlySpan<ulong> DistancesTo(int to) => _distances.AsSpan(to * Members.Length, Members.Length);

    /// <summary>The groups of <paramref name="timelines"/>, each in the order of the timelines, and numbers their members.</summary>
    internal static List<TimelineGroup> Partition(List<Timeline> timelines, List<Channel> channels)
    {
        int[] parent = [.. Enumerable.Range(0, timelines.Count)];
        foreach (Channel channel in channels)
        {
            parent[Root(parent, channel.To.Index)] = Root(parent, channel.From.Index);
        }

        ILookup<int, Channel> channelsOf = channels.Where(c => c.From != c.To).ToLookup(c => Root(parent, c.From.Index));
        var groups = new List<TimelineGroup>();
        foreach (IGrouping<int, Timeline> members in timelines.GroupBy(t => Root(parent, t.Index)))
        {
            int index = 0;
            foreach (Timeline member in members)
            {
                member.GroupIndex = index++;
            }

            groups.Add(new TimelineGroup([.. members], [.. channelsOf[members.Key]]));
        }

        return groups;
    }

    private static int Root(int[] parent, int index)
    {
        while (parent[index] != index)
        {
            parent[index] = parent[parent[index]];
            index = parent[index];
        }

        return index;
    }
}
