namespace Orrery.Interrupts.Exploration;

/// <summary>
/// A finite transition system: states packed into a struct of fixed size, and for each state every step that any of its
/// actors can take next. Implement it as a <c>readonly struct</c>, so that <see cref="Explorer"/> is compiled for it alone.
/// </summary>
/// <typeparam name="TState">
/// A struct without padding whose size is a multiple of 8 bytes; two states are the same when their bytes are.
/// </typeparam>
public interface IModel<TState> where TState : unmanaged, IEquatable<TState>
{
    /// <summary>Names of actions, fields and properties.</summary>
    ModelDescription Description { get; }

    /// <summary>The most steps any state has.</summary>
    int MaxSuccessors { get; }

    /// <summary>The states a run may begin in; at least one.</summary>
    IReadOnlyList<TState> InitialStates { get; }

    /// <summary>Adds every step possible from <paramref name="state"/>. It must depend on nothing but the state.</summary>
    void AddSuccessors(in TState state, ref StepList<TState> steps);

    /// <summary>The safety properties that <paramref name="state"/> violates: bit i is <c>Description.Safety[i]</c>.</summary>
    uint Violations(in TState state);

    /// <summary>The propositions true in <paramref name="state"/>, as <see cref="LivenessProperty"/> refers to them.</summary>
    uint Propositions(in TState state);

    /// <summary>
    /// The representative of the states that are the same as this one but for the names of interchangeable actors; the
    /// state itself where there is no such symmetry.
    /// </summary>
    TState Canonical(in TState state);

    /// <summary>The value of field <paramref name="field"/> of <c>Description.Fields</c>, for people.</summary>
    string FieldValue(in TState state, int field);
}

/// <summary>One step: what is done, where it leads, what it means to the properties.</summary>
/// <typeparam name="TState">The model's state.</typeparam>
public struct Step<TState> where TState : unmanaged, IEquatable<TState>
{
    /// <summary>The state after the step.</summary>
    public TState Next { get; set; }

    /// <summary>Index into <c>ModelDescription.Actions</c>.</summary>
    public int Action { get; set; }

    /// <summary>Labels that liveness properties and fairness refer to; each bit's meaning is the model's.</summary>
    public uint Labels { get; set; }

    /// <summary>Safety properties that the step itself violates, as in <see cref="IModel{TState}.Violations"/>.</summary>
    public uint Violations { get; set; }
}

/// <summary>Collects the steps of one state into memory of the explorer's, so that exploring allocates nothing.</summary>
/// <typeparam name="TState">The model's state.</typeparam>
public ref struct StepList<TState>(Span<Step<TState>> storage) where TState : unmanaged, IEquatable<TState>
{
    private readonly Span<Step<TState>> _storage = storage;

    /// <summary>How many steps were added.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a step.</summary>
    /// <exception cref="IndexOutOfRangeException">The model has more steps than its <c>MaxSuccessors</c>.</exception>
    public void Add(int action, in TState next, uint labels = 0, uint violations = 0)
    {
        ref Step<TState> step = ref _storage[Count++];
        step.Next = next;
        step.Action = action;
        step.Labels = labels;
        step.Violations = violations;
    }

    /// <summary>Forgets the steps, for the next state.</summary>
    public void Clear() => Count = 0;

    /// <summary>The steps added.</summary>
    public readonly Span<Step<TState>> Steps => _storage[..Count];
}
