namespace Orrery.Simulation;

/// <summary>
/// Decides which worker runs which timeline. Connected timelines stay together unless told otherwise: waking a worker on another
/// core costs more than most windows are worth.
/// </summary>
internal static class WorkerAssignment
{
    /// <summary>Makes the groups of <paramref name="timelines"/> and gives each worker its shares.</summary>
    internal static List<TimelineGroup> Assign(List<Timeline> timelines, List<Channel> channels, IReadOnlyList<Worker> workers, bool splits)
    {
        var loads = new double[workers.Count];
        double fairLoad = timelines.Sum(timeline => timeline.Weight) / workers.Count;
        var groups = new List<TimelineGroup>();
        ILookup<Timeline, Channel> leaving = channels.Where(c => c.From != c.To).ToLookup(c => c.From);
        ILookup<Timeline, Timeline> neighbours = channels.SelectMany(c => new[] { (c.From, c.To), (c.To, c.From) }).ToLookup(p => p.Item1, p => p.Item2);

        // The heaviest first, each to the worker with the least to do.
        foreach (List<Timeline> component in Components(timelines, neighbours).OrderByDescending(Weight))
        {
            int parts = splits ? (int)Math.Clamp(Math.Ceiling(Weight(component) / fairLoad), 1, workers.Count) : 1;
            List<(Worker, List<Timeline>)> shares = [];
            foreach (List<Timeline> part in Cut(component, parts))
            {
                int worker = Array.IndexOf(loads, loads.Min());
                loads[worker] += Weight(part);
                shares.Add((workers[worker], part));
            }

            groups.Add(new TimelineGroup(shares, component.SelectMany(timeline => leaving[timeline])));
        }

        ILookup<Worker, TimelineShare> sharesOf = groups.SelectMany(group => group.Shares).ToLookup(share => share.Worker);
        foreach (Worker worker in workers)
        {
            worker.Assign([.. sharesOf[worker]]);
        }

        return groups;
    }

    private static double Weight(List<Timeline> timelines) => timelines.Sum(timeline => timeline.Weight);

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

    /// <summary>Cuts a component into parts of about equal weight; at most as many as it has timelines.</summary>
    private static IEnumerable<List<Timeline>> Cut(List<Timeline> component, int parts)
    {
        double share = Weight(component) / parts;
        double weight = 0;
        List<Timeline> part = [];
        foreach (Timeline timeline in component)
        {
            part.Add(timeline);
            weight += timeline.Weight;
            if (weight >= share - 1e-9 && parts > 1)
            {
                yield return part;
                (part, weight, parts) = ([], weight - share, parts - 1);
            }
        }

        if (part.Count > 0)
        {
            yield return part;
        }
    }
}
