namespace Orrery.Interrupts.Exploration;

/// <summary>How a property is violated: a run from an initial state; for a liveness property it ends in a cycle.</summary>
public sealed record Counterexample
{
    /// <summary>Identifier of the property.</summary>
    public required string Property { get; init; }

    /// <summary>What should hold.</summary>
    public required string Claim { get; init; }

    /// <summary>The initial state, as its fields' values.</summary>
    public required IReadOnlyList<FieldValue> Start { get; init; }

    /// <summary>The steps.</summary>
    public required IReadOnlyList<TraceStep> Steps { get; init; }

    /// <summary>
    /// For a liveness property, how many steps come before the cycle; the steps after these lead back to where they
    /// began, and the run repeats them for ever. Null for a safety property.
    /// </summary>
    public int? CycleStart { get; init; }

    /// <summary>No shorter run violates the property. Always so for safety; for liveness unless the search was cut off.</summary>
    public bool IsShortest { get; init; } = true;
}

/// <summary>A step of a counterexample.</summary>
/// <param name="Actor">Who takes it.</param>
/// <param name="Action">What is done.</param>
/// <param name="Changes">The fields it changes.</param>
public sealed record TraceStep(string Actor, string Action, IReadOnlyList<FieldChange> Changes);

/// <summary>A field of a state.</summary>
public readonly record struct FieldValue(string Field, string Value);

/// <summary>A field that a step changes.</summary>
public readonly record struct FieldChange(string Field, string Before, string After);
