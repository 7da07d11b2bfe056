namespace Orrery.Interrupts.Exploration;

/// <summary>
/// Draws the shortest counterexample of a liveness property: a path from an initial state, then a cycle that is fair.
/// </summary>
/// <remarks>
/// A tour through everything that fairness asks for gives a first cycle. Then every state is tried as the beginning of a
/// shorter one, breadth first over (state, what is already fulfilled). That is exact; it stops when it has looked at
/// <see cref="SearchLimit"/> pairs.
/// </remarks>
internal sealed class LassoFinder(
    StateGraph graph, SearchTree tree, IReadOnlyList<FairnessConstraint> fairness, LivenessProperty property)
{
    /// <summary>Pairs of state and obligations that the exact search visits at most.</summary>
    private const int SearchLimit = 2_000_000;

    private const ulong Repeated = 1UL << 63;

    private readonly Obligations _obligations = new(fairness, property.Repeating);
    private readonly int[] _componentOf = new int[graph.StateCount]; // counted from 1; 0 is none
    private int _visited;

    /// <param name="Path">States from an initial state to the cycle's beginning, both included.</param>
    /// <param name="Cycle">States after it, back to the beginning, which is the last.</param>
    /// <param name="IsShortest">The exact search came to its end.</param>
    public readonly record struct Lasso(IReadOnlyList<int> Path, IReadOnlyList<int> Cycle, bool IsShortest)
    {
        public int Length => Path.Count - 1 + Cycle.Count;
    }

    public Lasso Find(List<int[]> components)
    {
        var beginnings = new Bitmap(graph.StateCount);
        for (int i = 0; i < components.Count; i++)
        {
            foreach (int state in components[i])
            {
                _componentOf[state] = i + 1;
                beginnings[state] = true;
            }
        }

        // States are numbered breadth first, so the first one is nearest to the start.
        int[] nearest = beginnings.ToIndexes();
        var tour = new CycleTour(graph, fairness, property, components[_componentOf[nearest[0]] - 1]);
        var best = new Lasso(tree.PathTo(nearest[0]), tour.From(nearest[0]), true);
        foreach (int beginning in nearest)
        {
            List<int> path = tree.PathTo(beginning);
            int longest = best.Length - (path.Count - 1) - 1;
            if (longest < 1 || _visited >= SearchLimit)
            {
                break;
            }

            if (ShortestCycle(beginning, longest) is { } cycle)
            {
                best = new Lasso(path, cycle, true);
            }
        }

        return best with { IsShortest = _visited < SearchLimit };
    }

    /// <summary>The shortest fair cycle through <paramref name="beginning"/> of at most so many steps, or null.</summary>
    private List<int>? ShortestCycle(int beginning, int longest)
    {
        int component = _componentOf[beginning];
        var nodes = new List<(int State, ulong Met, int From)> { (beginning, Met(beginning), -1) };
        var seen = new HashSet<(int, ulong)>();
        int levelEnd = 1;
        int length = 1;
        for (int i = 0; i < nodes.Count && _visited < SearchLimit; i++)
        {
            if (i == levelEnd)
            {
                levelEnd = nodes.Count;
                if (++length > longest)
                {
                    return null;
                }
            }

            (int state, ulong met, _) = nodes[i];
            foreach (Edge step in graph.StepsFrom(state))
            {
                if ((step.Labels & property.Avoiding) != 0 || _componentOf[step.Target] != component)
                {
                    continue;
                }

                ulong nextMet = met | _obligations.MetByStep(step.Labels) | Met(step.Target);
                if (!seen.Add((step.Target, nextMet)))
                {
                    continue;
                }

                _visited++;
                nodes.Add((step.Target, nextMet, i));
                if (step.Target == beginning && _obligations.AreFulfilled(nextMet))
                {
                    return Unwind(nodes);
                }
            }
        }

        return null;
    }

    private ulong Met(int state) => _obligations.MetByState(graph.EnabledLabels(state));

    private static List<int> Unwind(List<(int State, ulong Met, int From)> nodes)
    {
        var cycle = new List<int>();
        for (int node = nodes.Count - 1; nodes[node].From >= 0; node = nodes[node].From)
        {
            cycle.Add(nodes[node].State);
        }

        cycle.Reverse();
        return cycle;
    }

    /// <summary>What a cycle has met of fairness, as bits: two for each constraint, one for the property.</summary>
    private sealed class Obligations(IReadOnlyList<FairnessConstraint> fairness, uint repeating)
    {
        // Weak: the low bit of the pair says that the constraint was taken or not enabled. Strong: the low bit says that it
        // was taken, the high bit that it was enabled.
        public ulong MetByStep(uint labels)
        {
            ulong met = (labels & repeating) != 0 ? Repeated : 0;
            for (int i = 0; i < fairness.Count; i++)
            {
                met |= (labels & fairness[i].Labels) != 0 ? 1UL << (2 * i) : 0;
            }

            return met;
        }

        public ulong MetByState(uint enabled)
        {
            ulong met = 0;
            for (int i = 0; i < fairness.Count; i++)
            {
                bool isEnabled = (enabled & fairness[i].Labels) != 0;
                met |= fairness[i].Kind switch
                {
                    FairnessKind.Weak when !isEnabled => 1UL << (2 * i),
                    FairnessKind.Strong when isEnabled => 2UL << (2 * i),
                    _ => 0,
                };
            }

            return met;
        }

        public bool AreFulfilled(ulong met)
        {
            for (int i = 0; i < fairness.Count; i++)
            {
                ulong pair = met >> (2 * i) & 3;
                if (fairness[i].Kind == FairnessKind.Weak ? pair == 0 : pair == 2)
                {
                    return false;
                }
            }

            return repeating == 0 || (met & Repeated) != 0;
        }
    }
}
