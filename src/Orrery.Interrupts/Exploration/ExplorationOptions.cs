namespace Orrery.Interrupts.Exploration;

/// <summary>What to check, and how far to go.</summary>
public sealed record ExplorationOptions
{
    /// <summary>Identifiers of the properties to check; null for all. Unknown ones select nothing.</summary>
    public IReadOnlyCollection<string>? Properties { get; init; }

    /// <summary>The exploration ends unfinished when it has found more states than this.</summary>
    public int StateLimit { get; init; } = 100_000_000;

    /// <summary>The exploration ends unfinished when its tables would need more memory than this.</summary>
    public long MemoryLimitBytes { get; init; } = 4L << 30;

    /// <summary>
    /// Explore only one of several states that differ in the names of interchangeable actors. Only done where no liveness
    /// property is checked: fairness is about single actors, and an actor has no identity in the reduced system.
    /// </summary>
    public bool UseSymmetry { get; init; } = true;

    /// <summary>
    /// End with the first violation. Otherwise the exploration goes on, and finds for every property that is violated a
    /// shortest run that violates it.
    /// </summary>
    public bool StopAtFirst { get; init; } = true;

    /// <summary>Called now and then with the number of states found so far; null for nobody.</summary>
    public Action<long>? OnProgress { get; init; }

    internal bool Selects(string property) => Properties is null || Properties.Contains(property);
}
