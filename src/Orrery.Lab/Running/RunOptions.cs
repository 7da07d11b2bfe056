using Orrery.Lab.Records;
using Orrery.Simulation;

namespace Orrery.Lab.Running;

/// <summary>How a lab is run; what is run, and from which seed, is in the lab itself.</summary>
public sealed record RunOptions
{
    /// <summary>The run folder; null makes a new one under <c>runs/</c>.</summary>
    public string? OutFolder { get; init; }

    /// <summary>Worker threads, each with the guests of its timelines on a core of its own; 0: as many as there are cores.</summary>
    public int Jobs { get; init; }

    /// <summary>Whether guests that a wire joins may be on different workers.</summary>
    public GroupSplitting Splitting { get; init; } = GroupSplitting.WhenItPays;

    /// <summary>Simulated seconds per wall-clock second, at most; null: as fast as it goes.</summary>
    public double? Pace { get; init; }

    /// <summary>Wall-clock limit of the run; null: none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>When the run is saved; null: never. It goes on afterwards.</summary>
    public SimTime? CheckpointAt { get; init; }

    /// <summary>Another run: this one ends at the first difference from it. Null: none.</summary>
    public RunComparison? ComparedWith { get; init; }

    /// <summary>The kernel that Linux nodes boot; null: the lab's, or the one that Orrery builds.</summary>
    public string? Kernel { get; init; }

    /// <summary>The program, with its first arguments, that runs a machine in a process of its own; null: this one.</summary>
    public IReadOnlyList<string>? MachineCommand { get; init; }
}
