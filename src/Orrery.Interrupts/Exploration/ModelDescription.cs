namespace Orrery.Interrupts.Exploration;

/// <summary>What people see of a model: who acts, what a state consists of, what is to hold.</summary>
public sealed record ModelDescription
{
    /// <summary>The actions; <c>Step.Action</c> is an index into them.</summary>
    public required IReadOnlyList<ActionName> Actions { get; init; }

    /// <summary>The fields of a state, in the order in which a trace shows them.</summary>
    public required IReadOnlyList<string> Fields { get; init; }

    /// <summary>Properties of single states and steps; at most 32.</summary>
    public required IReadOnlyList<SafetyProperty> Safety { get; init; }

    /// <summary>Properties of infinite runs.</summary>
    public IReadOnlyList<LivenessProperty> Liveness { get; init; } = [];

    /// <summary>What is assumed of infinite runs.</summary>
    public IReadOnlyList<FairnessConstraint> Fairness { get; init; } = [];

    /// <summary>The property that a state without any step violates; null where a run may end.</summary>
    public SafetyProperty? NoDeadlock { get; init; }
}

/// <summary>An action and who takes it.</summary>
public readonly record struct ActionName(string Actor, string Text);

/// <summary>A property that every reachable state and every step between such states has.</summary>
/// <param name="Id">Short name, as on the command line.</param>
/// <param name="Claim">What holds, in one sentence.</param>
public sealed record SafetyProperty(string Id, string Claim);

/// <summary>
/// A property of infinite runs, given by what violates it: a fair cycle whose states all have the propositions
/// <see cref="Within"/>, none of whose steps has a label of <see cref="Avoiding"/>, and, where <see cref="Repeating"/> is
/// not zero, some step of which has one of its labels.
/// </summary>
/// <remarks>
/// "Whenever p stays true, eventually q is done" is <c>Within: p, Avoiding: q</c>. "a happens only finitely often unless b
/// happens infinitely often" is <c>Repeating: a, Avoiding: b</c>.
/// </remarks>
/// <param name="Id">Short name, as on the command line.</param>
/// <param name="Claim">What holds, in one sentence.</param>
public sealed record LivenessProperty(string Id, string Claim)
{
    /// <summary>Propositions that all states of a violating cycle have.</summary>
    public uint Within { get; init; }

    /// <summary>Labels that no step of a violating cycle has.</summary>
    public uint Avoiding { get; init; }

    /// <summary>Labels of which some step of a violating cycle has one; 0 asks for none.</summary>
    public uint Repeating { get; init; }
}

/// <summary>How often an action that can be taken is taken.</summary>
public enum FairnessKind
{
    /// <summary>Not possible for ever without being taken (justice).</summary>
    Weak,

    /// <summary>Not possible infinitely often but taken only finitely often (compassion).</summary>
    Strong,
}

/// <summary>An assumption on infinite runs about the steps with any of some labels.</summary>
/// <param name="Name">Whom it is about.</param>
/// <param name="Kind">Weak or strong.</param>
/// <param name="Labels">The labels.</param>
public sealed record FairnessConstraint(string Name, FairnessKind Kind, uint Labels);
