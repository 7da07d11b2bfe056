namespace Orrery.Interrupts.Exploration;

/// <summary>A step between numbered states.</summary>
internal readonly record struct Edge(int Target, uint Labels);

/// <summary>All steps between the states found, kept for the liveness properties: state after state, in their order.</summary>
internal sealed class StateGraph
{
    private readonly ChunkedList<Edge> _edges = new();
    private readonly ChunkedList<long> _ends = new(); // where the edges of each state end

    public int StateCount => (int)_ends.Count;

    public long Bytes => _edges.Bytes + _ends.Bytes;

    public void AddEdge(int target, uint labels) => _edges.Add(new Edge(target, labels));

    /// <summary>The edges of the next state begin.</summary>
    public void EndState() => _ends.Add(_edges.Count);

    public long FirstEdge(int state) => state == 0 ? 0 : _ends[state - 1];

    public long EndEdge(int state) => _ends[state];

    public Edge this[long edge] => _edges[edge];

    /// <summary>The labels of all steps that can be taken in <paramref name="state"/>.</summary>
    public uint EnabledLabels(int state)
    {
        uint labels = 0;
        long end = EndEdge(state);
        for (long edge = FirstEdge(state); edge < end; edge++)
        {
            labels |= _edges[edge].Labels;
        }

        return labels;
    }
}
