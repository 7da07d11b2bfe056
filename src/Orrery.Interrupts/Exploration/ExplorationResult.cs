namespace Orrery.Interrupts.Exploration;

/// <summary>What an exploration found.</summary>
public enum Verdict
{
    /// <summary>Every reachable state was visited and every selected property holds.</summary>
    Holds,

    /// <summary>A property is violated; <see cref="ExplorationResult.Counterexamples"/> show how.</summary>
    Violated,

    /// <summary>The limit on states was reached; no property is known to be violated.</summary>
    StateLimitReached,

    /// <summary>The limit on memory was reached; no property is known to be violated.</summary>
    MemoryLimitReached,
}

/// <summary>The outcome of an exploration, and its size.</summary>
public sealed record ExplorationResult
{
    /// <summary>The answer.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Different states found.</summary>
    public required long States { get; init; }

    /// <summary>Steps between them.</summary>
    public required long Transitions { get; init; }

    /// <summary>The most steps that any state found is away from the start.</summary>
    public required int Depth { get; init; }

    /// <summary>Memory of the tables when the exploration ended, bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Time of finding the states, without the liveness properties.</summary>
    public required TimeSpan SearchTime { get; init; }

    /// <summary>
    /// Processor time of the whole process over <see cref="SearchTime"/>, compilation and collection included. Unlike the
    /// time on the wall, it does not depend on what else the machine does.
    /// </summary>
    public required TimeSpan SearchProcessorTime { get; init; }

    /// <summary>Time of everything.</summary>
    public required TimeSpan TotalTime { get; init; }

    /// <summary>Identifiers of the properties that were checked to the end and hold.</summary>
    public required IReadOnlyList<string> Checked { get; init; }

    /// <summary>The violations, one for each property that is violated; only one where the exploration ended with the first.</summary>
    public required IReadOnlyList<Counterexample> Counterexamples { get; init; }

    /// <summary>The violation found first, if any.</summary>
    public Counterexample? Counterexample => Counterexamples.Count > 0 ? Counterexamples[0] : null;
}
