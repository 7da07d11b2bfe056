using Orrery.Interrupts.Exploration;

namespace Orrery.Interrupts.Tests.Exploration;

/// <summary>A graph written down edge by edge, as a model; state 0 is the initial one.</summary>
/// <param name="From">State that the step leaves.</param>
/// <param name="To">State that it reaches.</param>
/// <param name="Labels">Its labels.</param>
public readonly record struct GraphEdge(int From, int To, uint Labels);

/// <summary>Everything that the explorer is asked about a graph.</summary>
public sealed record Graph(
    int StateCount, IReadOnlyList<GraphEdge> Edges, IReadOnlyList<uint> Propositions, ModelDescription Description);

/// <summary>Runs a <see cref="Graph"/>; the state of a graph is its number.</summary>
public readonly struct GraphModel(Graph graph) : IModel<ulong>
{
    public ModelDescription Description => graph.Description;

    public int MaxSuccessors => graph.Edges.Count;

    public IReadOnlyList<ulong> InitialStates => [0];

    public void AddSuccessors(in ulong state, ref StepList<ulong> steps)
    {
        foreach (GraphEdge edge in graph.Edges)
        {
            if (edge.From == (int)state)
            {
                steps.Add(0, (ulong)edge.To, edge.Labels);
            }
        }
    }

    public uint Violations(in ulong state) => 0;

    public uint Propositions(in ulong state) => graph.Propositions[(int)state];

    public ulong Canonical(in ulong state) => state;

    public string FieldValue(in ulong state, int field) => state.ToString();
}
