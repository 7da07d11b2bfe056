namespace Orrery.Simulation;

/// <summary>
/// Decides which worker runs which timeline. Connected timelines stay together unless told otherwise: waking a worker on another
/// core costs more than most windows are worth.
/// </summary>
internal static class WorkerAssignment
{
    /// <summary>The groups of <paramref name="timelines"/>, which nobody runs yet.</summary>
    internal static List<TimelineGroup> GroupsOf(List<Timeline> timelines, List<Channel> channels)
    {
        ILookup<Timeline, Channel> leaving = channels.Where(c => c.From != c.To).ToLookup(c => c.From);
        ILookup<Timeline, Timeline> neighbours = channels.SelectMany(c => new[] { (c.From, c.To), (c.To, c.From) }).ToLookup(p => p.Item1, p => p.Item2);
        return [.. Components(timelines, neighbours).Select(component =>
            new TimelineGroup(component, [.. component.SelectMany(timeline => leaving[timeline])]))];
    }

    /// <summary>Gives each worker its shares of the groups.</summary>
    /// <param name="groups">All groups.</param>
    /// <param name="workers">All workers.</param>
    /// <param name="splits">Whether a group may have several shares, when it is more than one worker's part of the work.</param>
    internal static void Assign(List<TimelineGroup> groups, IReadOnlyList<Worker> workers, bool splits)
    {
        var loads = new double[workers.Count];
        double fairLoad = groups.Sum(group => group.Weight) / workers.Count;

        // The heaviest first, each to the worker with the least to do.
        foreach (TimelineGroup group in groups.OrderByDescending(group => group.Weight))
        {
            int parts = splits ? (int)Math.Clamp(Math.Ceiling(group.Weight / fairLoad), 1, workers.Count) : 1;
            List<(Worker, int)> shares = [];
            foreach ((int count, double weight) in Cut(group, parts))
            {
                int worker = Array.IndexOf(loads, loads.Min());
                loads[worker] += weight;
                shares.Add((workers[worker], count));
            }

            group.Assign(shares);
        }

        ILookup<Worker, TimelineShare> sharesOf = groups.SelectMany(group => group.Shares).ToLookup(share => share.Worker);
        foreach (Worker worker in workers)
        {
            worker.Assign([.. sharesOf[worker]]);
        }
    }

    /// <summary>The connected components, each in breadth-first order, so that what is near in it is near in the topology.</summary>
    private static List<List<Timeline>> Components(List<Timeline> timelines, ILookup<Timeline, Timeline> neighbours)
    {
        var components = new List<List<Timeline>>();
        var seen = new HashSet<Timeline>();
        foreach (Timeline start in timelines)
        {
            if (!seen.Add(start))
            {
                continue;
            }

            List<Timeline> component = [start];
            for (int i = 0; i < component.Count; i++)
            {
                component.AddRange(neighbours[component[i]].Where(seen.Add));
            }

            components.Add(component);
        }

        return components;
    }

    /// <summary>Cuts a group into parts of about equal weight; at most as many as it has timelines.</summary>
    private static IEnumerable<(int Count, double Weight)> Cut(TimelineGroup group, int parts)
    {
        double share = group.Weight / parts;
        double weight = 0;
        double cut = 0;
        int count = 0;
        foreach (Timeline timeline in group.Members)
        {
            count++;
            weight += timeline.Weight;
            if (weight - cut >= share - 1e-9 && parts > 1)
            {
                yield return (count, weight - cut);
                (cut, count, parts) = (cut + share, 0, parts - 1);
            }
        }

        if (count > 0)
        {
            yield return (count, weight - cut);
        }
    }
}
