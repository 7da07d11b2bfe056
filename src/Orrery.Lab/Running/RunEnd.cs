using Orrery.Lab.Files;
using Orrery.Simulation;

namespace Orrery.Lab.Running;

/// <summary>When a run ends. Conditions are looked at between epochs, so that they hold at the same instant in every run.</summary>
internal sealed class RunEnd
{
    private readonly IReadOnlyList<RunningNode> _awaited;

    private RunEnd(SimTime limit, IReadOnlyList<RunningNode> awaited)
    {
        Limit = limit;
        _awaited = awaited;
    }

    /// <summary>The run ends here at the latest.</summary>
    public SimTime Limit { get; }

    /// <summary>What the lab file says, for these nodes.</summary>
    public static RunEnd Of(LabEnd end, IReadOnlyList<RunningNode> nodes) => end switch
    {
        LabEnd.At at => new RunEnd(at.Time, []),
        LabEnd.NodeExits exits => new RunEnd(SimTime.Never, [nodes[exits.Node]]),
        _ => new RunEnd(SimTime.Never, [.. nodes.Where(node => node.Runs)]),
    };

    /// <summary>Whether every awaited node has ended. A node that failed is not awaited for ever.</summary>
    public bool IsReached() => Limit == SimTime.Never ? _awaited.All(node => node.HasEnded) : false;

    /// <summary>When the last awaited node ended; null while one has not, or when the run ends at a time.</summary>
    public SimTime? ReachedAt() => Limit == SimTime.Never && IsReached() ? _awaited.Max(node => node.Ended) : null;
}
