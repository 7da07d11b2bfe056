using Orrery.Lab.Files;
using Orrery.Network;

namespace Orrery.Lab.Running;

/// <summary>
/// Which nodes share a timeline. A Linux node has one of its own unless something without delay joins it to another; nodes
/// that may talk to each other behind the calendar's back share one, too. Results do not depend on it
/// (docs/architecture.md, "Events and their order").
/// </summary>
internal sealed class TimelinePlan
{
    private readonly int[] _leader;

    private TimelinePlan(int nodes) => _leader = [.. Enumerable.Range(0, nodes)];

    /// <summary>The plan of <paramref name="lab"/>.</summary>
    public static TimelinePlan Of(LabDefinition lab)
    {
        var plan = new TimelinePlan(lab.Nodes.Length);
        foreach (NetworkDefinition network in lab.Networks)
        {
            bool machinesOnly = network.Ports.All(port => lab.Nodes[port.Node] is MachineNode { OwnProcess: false });
            bool tooShort = network is SegmentDefinition
                ? network.Delay < Segment.DelayMinBetweenTimelines
                : network.Delay.Nanoseconds == 0;
            if (tooShort || machinesOnly)
            {
                // Machines in this process are cheap to run and dear to synchronize.
                plan.Join(network.Ports.Select(port => port.Node));
            }
        }

        if (lab.Nodes.Any(node => node is ExternalNode))
        {
            plan.Join(lab.Nodes.Where(node => node is ExternalNode or LinuxNode).Select(node => node.Index));
        }

        return plan;
    }

    /// <summary>How many timelines the nodes have, at least one.</summary>
    public int TimelineCount => Math.Max(1, _leader.Where((_, node) => LeaderOf(node) == node).Count());

    /// <summary>The first of the nodes that share a timeline with <paramref name="node"/>; the same for all of them.</summary>
    public int LeaderOf(int node)
    {
        while (_leader[node] != node)
        {
            node = _leader[node] = _leader[_leader[node]];
        }

        return node;
    }

    private void Join(IEnumerable<int> nodes)
    {
        int first = -1;
        foreach (int node in nodes)
        {
            int leader = LeaderOf(node);
            first = first < 0 ? leader : LeaderOf(first);
            (int low, int high) = (Math.Min(first, leader), Math.Max(first, leader));
            _leader[high] = low;
        }
    }
}
