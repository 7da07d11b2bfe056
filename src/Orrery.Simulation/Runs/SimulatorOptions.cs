namespace Orrery.Simulation;

/// <summary>How a simulator runs. None of it but <see cref="Seed"/> and <see cref="EpochLength"/> changes what happens.</summary>
public sealed record SimulatorOptions
{
    /// <summary>What all random streams derive from.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// The length of an epoch (docs/architecture.md, "Epochs"). A run that ends on a condition ends at a multiple of it.
    /// </summary>
    public SimDuration EpochLength { get; init; } = SimDuration.FromMilliseconds(100);

    /// <summary>Threads that run timelines, the one that calls <see cref="Simulator.Run"/> included.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Whether workers share connected timelines when there are fewer groups of them than workers.</summary>
    public GroupSplitting Splitting { get; init; }

    /// <summary>
    /// Called on each worker's thread with its index before it runs its first timeline of a run; the place to pin the thread
    /// to a core. Worker 0 is the thread that calls <see cref="Simulator.Run"/>.
    /// </summary>
    public Action<int>? WorkerStarting { get; init; }

    /// <summary>
    /// Called when timelines have been given to workers (<see cref="Timeline.WorkerIndex"/>), for the first time or anew, on the
    /// thread that calls <see cref="Simulator.Run"/> and with everything standing still.
    /// </summary>
    public Action? WorkersAssigned { get; init; }
}
