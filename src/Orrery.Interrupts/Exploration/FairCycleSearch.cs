namespace Orrery.Interrupts.Exploration;

/// <summary>
/// Finds the sets of states in which a fair run can stay for ever and violate a liveness property (Emerson and Lei 1987;
/// for strong fairness, Lichtenstein and Pnueli 1985): components that offer what weak fairness and the property ask for,
/// shrunk by the states that strong fairness forbids to pass again and again.
/// </summary>
internal sealed class FairCycleSearch(StateGraph graph, IReadOnlyList<FairnessConstraint> fairness)
{
    private readonly StrongComponents _components = new(graph);
    private readonly int[] _judged = new int[graph.StateCount]; // the last component that each state was judged in
    private int _lastJudged;

    /// <summary>Bytes that a search needs for a graph of so many states.</summary>
    public static long BytesFor(long states) => StrongComponents.BytesFor(states) + (states * sizeof(int));

    /// <summary>Every such set; in each, a single cycle can be drawn through all of its states.</summary>
    /// <param name="within">The states that have the property's propositions.</param>
    /// <param name="property">The property.</param>
    public List<int[]> Find(Bitmap within, LivenessProperty property)
    {
        var fair = new List<int[]>();
        var waiting = new Stack<int[]>(_components.Find(WithoutForbidden(within.ToIndexes(), property), property.Avoiding));
        while (waiting.TryPop(out int[]? component))
        {
            switch (Judge(component, property, out uint forbidden))
            {
                case Judgement.Fair:
                    fair.Add(component);
                    break;
                case Judgement.Shrink:
                    foreach (int[] part in _components.Find(WithoutLabels(component, forbidden), property.Avoiding))
                    {
                        waiting.Push(part);
                    }

                    break;
                case Judgement.Unfair:
                    break;
            }
        }

        return fair;
    }

    /// <summary>
    /// Strong fairness whose every label the property avoids cannot be fulfilled by a step: no state may ask for it. Known
    /// before any component is, this spares the search most of the states.
    /// </summary>
    private int[] WithoutForbidden(int[] states, LivenessProperty property)
    {
        uint forbidden = 0;
        foreach (FairnessConstraint constraint in fairness)
        {
            bool canBeTaken = (constraint.Labels & ~property.Avoiding) != 0;
            forbidden |= constraint.Kind == FairnessKind.Strong && !canBeTaken ? constraint.Labels : 0;
        }

        return forbidden == 0 ? states : WithoutLabels(states, forbidden);
    }

    private int[] WithoutLabels(int[] states, uint labels) =>
        Array.FindAll(states, state => (graph.EnabledLabels(state) & labels) == 0);

    private enum Judgement
    {
        Fair,
        Unfair,
        Shrink,
    }

    /// <param name="component">A strongly connected component of the region without the avoided steps.</param>
    /// <param name="property">The property.</param>
    /// <param name="forbidden">For <see cref="Judgement.Shrink"/>: labels that must not be possible in any state.</param>
    private Judgement Judge(int[] component, LivenessProperty property, out uint forbidden)
    {
        int serial = ++_lastJudged;
        foreach (int state in component)
        {
            _judged[state] = serial;
        }

        uint taken = 0;
        uint everEnabled = 0;
        uint weakSatisfied = 0; // bit i: constraint i is satisfied by a state in which it is not enabled
        foreach (int state in component)
        {
            uint enabled = 0;
            foreach (Edge step in graph.StepsFrom(state))
            {
                enabled |= step.Labels;
                if ((step.Labels & property.Avoiding) == 0 && _judged[step.Target] == serial)
                {
                    taken |= step.Labels;
                }
            }

            everEnabled |= enabled;
            for (int i = 0; i < fairness.Count; i++)
            {
                weakSatisfied |= (fairness[i].Labels & enabled) == 0 ? 1u << i : 0;
            }
        }

        forbidden = 0;
        if (property.Repeating != 0 && (taken & property.Repeating) == 0)
        {
            return Judgement.Unfair;
        }

        for (int i = 0; i < fairness.Count; i++)
        {
            FairnessConstraint constraint = fairness[i];
            if ((taken & constraint.Labels) != 0)
            {
                continue;
            }

            if (constraint.Kind == FairnessKind.Weak && (weakSatisfied >> i & 1) == 0)
            {
                return Judgement.Unfair;
            }

            if (constraint.Kind == FairnessKind.Strong && (everEnabled & constraint.Labels) != 0)
            {
                forbidden |= constraint.Labels;
            }
        }

        return forbidden == 0 ? Judgement.Fair : Judgement.Shrink;
    }
}
