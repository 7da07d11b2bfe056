namespace Orrery.Interrupts.Exploration;

/// <summary>Turns a run of numbered states into steps that people read: who did what, and what it changed.</summary>
internal sealed class TraceBuilder<TModel, TState>(TModel model, StateTable<TState> table, bool isReduced)
    where TModel : struct, IModel<TState>
    where TState : unmanaged, IEquatable<TState>
{
    private readonly ModelDescription _description = model.Description;
    private readonly Step<TState>[] _storage = new Step<TState>[model.MaxSuccessors];

    /// <param name="numbers">The states in order; the first is an initial one.</param>
    /// <param name="violation">
    /// The safety properties of which the last step or state violates one; 0 where the run violates a liveness property.
    /// </param>
    /// <param name="avoiding">Labels that the steps from <paramref name="avoidFrom"/> on must not have.</param>
    /// <param name="avoidFrom">The first step that must avoid them.</param>
    public (IReadOnlyList<FieldValue> Start, IReadOnlyList<TraceStep> Steps) Build(
        IReadOnlyList<int> numbers, uint violation, uint avoiding = 0, int avoidFrom = int.MaxValue)
    {
        // In a reduced exploration the numbered states are representatives. The run goes through states of which they are
        // the representatives, so that an actor keeps its name throughout.
        TState state = model.InitialStates.First(initial => Representative(initial).Equals(table[numbers[0]]));
        List<FieldValue> start =
            [.. _description.Fields.Select((name, field) => new FieldValue(name, model.FieldValue(state, field)))];
        var steps = new List<TraceStep>();
        for (int i = 1; i < numbers.Count; i++)
        {
            Step<TState> step = FindStep(
                state, table[numbers[i]], i == numbers.Count - 1 ? violation : 0, i - 1 >= avoidFrom ? avoiding : 0);
            ActionName action = _description.Actions[step.Action];
            steps.Add(new TraceStep(action.Actor, action.Text, Changes(state, step.Next)));
            state = step.Next;
        }

        return (start, steps);
    }

    private TState Representative(in TState state) => isReduced ? model.Canonical(state) : state;

    private Step<TState> FindStep(in TState from, in TState to, uint violation, uint avoiding)
    {
        var steps = new StepList<TState>(_storage);
        model.AddSuccessors(from, ref steps);
        Step<TState>? fallback = null;
        foreach (ref readonly Step<TState> step in steps.Steps)
        {
            if ((step.Labels & avoiding) != 0 || !Representative(step.Next).Equals(to))
            {
                continue;
            }

            if (violation == 0 || (step.Violations & violation) != 0)
            {
                return step;
            }

            fallback ??= step;
        }

        return fallback ?? throw new InvalidOperationException("The model's steps depend on more than its state.");
    }

    private List<FieldChange> Changes(in TState before, in TState after)
    {
        var changes = new List<FieldChange>();
        for (int field = 0; field < _description.Fields.Count; field++)
        {
            string old = model.FieldValue(before, field);
            string now = model.FieldValue(after, field);
            if (old != now)
            {
                changes.Add(new FieldChange(_description.Fields[field], old, now));
            }
        }

        return changes;
    }
}
