namespace Orrery.Interrupts.Exploration;

/// <summary>What an exploration found.</summary>
public enum Verdict
{
    /// <summary>Every reachable state was visited and every selected property holds.</summary>
    Holds,

    /// <summary>A property is violated; <see cref="ExplorationResult.Counterexample"/> shows how.</summary>
    Violated,

    /// <summary>The limit on states was reached; what was visited violates no safety property.</summary>
    StateLimitReached,

    /// <summary>The limit on memory was reached; what was visited violates no safety property.</summary>
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

    /// <summary>Time of everything.</summary>
    public required TimeSpan TotalTime { get; init; }

    /// <summary>Identifiers of the properties that were checked to the end.</summary>
    public required IReadOnlyList<string> Checked { get; init; }

    /// <summary>The violation, if any.</summary>
    public Counterexample? Counterexample { get; init; }
}
