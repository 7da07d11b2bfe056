using Orrery.Interrupts.Exploration;

namespace Orrery.Interrupts.Tests.Exploration;

/// <summary>
/// Decides liveness on small graphs straight from the definition: tries every set of edges as the set of steps that a run
/// takes infinitely often.
/// </summary>
internal static class FairCycleOracle
{
    public static bool IsViolated(Graph graph, LivenessProperty property)
    {
        HashSet<int> reachable = Reachable(graph.Edges, 0);
        for (int subset = 1; subset < 1 << graph.Edges.Count; subset++)
        {
            GraphEdge[] edges = [.. graph.Edges.Where((_, i) => (subset >> i & 1) != 0)];
            if (reachable.Contains(edges[0].From) && IsViolatingForEver(graph, property, edges))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The length of the shortest lasso, by trying every walk up to a length; null when there is none.</summary>
    public static int? ShortestLasso(Graph graph, LivenessProperty property, int lengthMax)
    {
        int? best = null;
        var walk = new List<GraphEdge>();
        Extend(0);
        return best;

        void Extend(int state)
        {
            for (int start = 0; start < walk.Count; start++)
            {
                if (walk[start].From == state && IsViolatingForEver(graph, property, [.. walk[start..]]))
                {
                    best = best is null ? walk.Count : Math.Min(best.Value, walk.Count);
                }
            }

            if (walk.Count >= (best is null ? lengthMax : best - 1))
            {
                return;
            }

            foreach (GraphEdge edge in graph.Edges.Where(edge => edge.From == state))
            {
                walk.Add(edge);
                Extend(edge.To);
                walk.RemoveAt(walk.Count - 1);
            }
        }
    }

    private static bool IsViolatingForEver(Graph graph, LivenessProperty property, GraphEdge[] edges)
    {
        HashSet<int> states = [.. edges.SelectMany(edge => new[] { edge.From, edge.To })];
        uint taken = edges.Aggregate(0u, (labels, edge) => labels | edge.Labels);
        return states.All(state => Reachable(edges, state).SetEquals(states))
            && states.All(state => (graph.Propositions[state] & property.Within) == property.Within)
            && (taken & property.Avoiding) == 0
            && (property.Repeating == 0 || (taken & property.Repeating) != 0)
            && graph.Description.Fairness.All(constraint => IsFair(graph, constraint, states, taken));
    }

    private static bool IsFair(Graph graph, FairnessConstraint constraint, HashSet<int> states, uint taken)
    {
        bool IsEnabled(int state) => graph.Edges.Any(edge => edge.From == state && (edge.Labels & constraint.Labels) != 0);
        return (taken & constraint.Labels) != 0
            || (constraint.Kind == FairnessKind.Weak ? !states.All(IsEnabled) : !states.Any(IsEnabled));
    }

    private static HashSet<int> Reachable(IReadOnlyList<GraphEdge> edges, int from)
    {
        var reached = new HashSet<int> { from };
        bool grows = true;
        while (grows)
        {
            grows = edges.Where(edge => reached.Contains(edge.From)).ToList().Aggregate(false, (any, edge) => reached.Add(edge.To) | any);
        }

        return reached;
    }
}
