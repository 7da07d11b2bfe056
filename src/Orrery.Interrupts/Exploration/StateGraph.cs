namespace Orrery.Interrupts.Exploration;

/// <summary>A step between numbered states.</summary>
internal readonly record struct Edge(int Target, uint Labels);

/// <summary>All steps between the states found, kept for the liveness properties: state after state, in their order.</summary>
internal sealed class StateGraph
{
    private readonly ChunkedList<Edge> _edges = new();
    private readonly ChunkedList<long> _ends = new(); // where the edges of each state end

    public int StateCount => (int)_ends.Count;

    public long BytesWith(long moreStates, long moreEdges) => _edges.BytesWith(moreEdges) + _ends.BytesWith(moreStates);

    public Edge this[long edge] => _edges[edge];

    public void AddEdge(int target, uint labels) => _edges.Add(new Edge(target, labels));

    /// <summary>The edges of the next state begin.</summary>
    public void EndState() => _ends.Add(_edges.Count);

    public long FirstEdge(int state) => state == 0 ? 0 : _ends[state - 1];

    public long EndEdge(int state) => _ends[state];

    /// <summary>The steps that leave <paramref name="state"/>.</summary>
    public Range StepsFrom(int state) => new(_edges, FirstEdge(state), EndEdge(state));

    /// <summary>The labels of all steps that can be taken in <paramref name="state"/>.</summary>
    public uint EnabledLabels(int state)
    {
        uint labels = 0;
        foreach (Edge step in StepsFrom(state))
        {
            labels |= step.Labels;
        }

        return labels;
    }

    /// <summary>Some edges in a row, for <c>foreach</c>.</summary>
    internal struct Range(ChunkedList<Edge> edges, long first, long end)
    {
        private long _next = first;

        public Edge Current { get; private set; }

        public readonly Range GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_next == end)
            {
                return false;
            }

            Current = edges[_next++];
            return true;
        }
    }
}
