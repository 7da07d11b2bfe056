namespace Orrery.Interrupts.Exploration;

/// <summary>
/// Draws some fair cycle through a state: goes to the nearest step or state that fulfils an open obligation until none is
/// open, then home. Always succeeds inside a component that <see cref="FairCycleSearch"/> found, and is rarely the shortest.
/// </summary>
internal sealed class CycleTour(
    StateGraph graph, IReadOnlyList<FairnessConstraint> fairness, LivenessProperty property, int[] component)
{
    private readonly HashSet<int> _inside = [.. component];

    /// <summary>The states after <paramref name="beginning"/>, which is also the last one.</summary>
    public List<int> From(int beginning)
    {
        var cycle = new List<int>();
        int current = beginning;
        foreach (uint labels in LabelsToTake())
        {
            Walk(ref current, cycle, step => (step.Labels & labels) != 0);
        }

        foreach (FairnessConstraint constraint in fairness.Where(c => c.Kind == FairnessKind.Weak))
        {
            // A weak constraint that is not enabled somewhere may be met there instead.
            bool isMet = cycle.Prepend(beginning).Any(state => (graph.EnabledLabels(state) & constraint.Labels) == 0)
                || IsTaken(beginning, cycle, constraint.Labels);
            if (!isMet)
            {
                Walk(ref current, cycle, step => (graph.EnabledLabels(step.Target) & constraint.Labels) == 0);
            }
        }

        if (current != beginning || cycle.Count == 0)
        {
            Walk(ref current, cycle, step => step.Target == beginning);
        }

        return cycle;
    }

    /// <summary>Labels that the cycle is to take: what the property repeats, and every constraint's that the component has.</summary>
    private IEnumerable<uint> LabelsToTake()
    {
        uint inside = 0;
        foreach (int state in component)
        {
            foreach (Edge step in graph.StepsFrom(state))
            {
                inside |= IsInside(step) ? step.Labels : 0;
            }
        }

        if (property.Repeating != 0)
        {
            yield return property.Repeating;
        }

        foreach (FairnessConstraint constraint in fairness)
        {
            if ((constraint.Labels & inside) != 0)
            {
                yield return constraint.Labels;
            }
        }
    }

    private bool IsInside(Edge step) =>
        (step.Labels & property.Avoiding) == 0 && _inside.Contains(step.Target);

    private bool IsTaken(int beginning, List<int> cycle, uint labels)
    {
        int from = beginning;
        foreach (int to in cycle)
        {
            foreach (Edge step in graph.StepsFrom(from))
            {
                if (step.Target == to && (step.Labels & property.Avoiding) == 0 && (step.Labels & labels) != 0)
                {
                    return true;
                }
            }

            from = to;
        }

        return false;
    }

    /// <summary>Appends the shortest way from <paramref name="current"/> to the end of a step that is wanted.</summary>
    private void Walk(ref int current, List<int> cycle, Func<Edge, bool> isWanted)
    {
        var cameFrom = new Dictionary<int, int>();
        var waiting = new Queue<int>([current]);
        var reached = new HashSet<int> { current };
        while (waiting.TryDequeue(out int state))
        {
            foreach (Edge step in graph.StepsFrom(state))
            {
                if (!IsInside(step))
                {
                    continue;
                }

                if (isWanted(step))
                {
                    int insertAt = cycle.Count;
                    cycle.Add(step.Target);
                    for (int on = state; on != current; on = cameFrom[on])
                    {
                        cycle.Insert(insertAt, on);
                    }

                    current = step.Target;
                    return;
                }

                if (reached.Add(step.Target))
                {
                    cameFrom[step.Target] = state;
                    waiting.Enqueue(step.Target);
                }
            }
        }
    }
}
