namespace Orrery.Interrupts.Exploration;

/// <summary>
/// The strongly connected components, with at least one step inside, of a part of the graph (Tarjan 1972, without recursion).
/// One instance is used again for part after part and keeps its memory.
/// </summary>
internal sealed class StrongComponents(StateGraph graph)
{
    private const int Finished = int.MaxValue;

    private readonly int[] _order = new int[graph.StateCount]; // 0: not visited; Finished: its component is known
    private readonly int[] _low = new int[graph.StateCount];
    private readonly int[] _region = new int[graph.StateCount]; // which part a state belongs to; 0: none
    private readonly List<int> _open = [];
    private readonly List<(int State, long NextEdge)> _path = [];
    private int _lastRegion;

    /// <summary>Bytes that an instance needs for a graph of so many states.</summary>
    public static long BytesFor(long states) => states * 3 * sizeof(int);

    /// <summary>
    /// Splits the part of the graph that consists of <paramref name="states"/>, without the steps that have one of the
    /// labels <paramref name="avoiding"/>.
    /// </summary>
    public List<int[]> Find(int[] states, uint avoiding)
    {
        int region = ++_lastRegion;
        foreach (int state in states)
        {
            _region[state] = region;
            _order[state] = 0;
        }

        var components = new List<int[]>();
        int visited = 0;
        foreach (int root in states)
        {
            if (_order[root] == 0)
            {
                Visit(root, region, avoiding, ref visited, components);
            }
        }

        return components;
    }

    private void Visit(int root, int region, uint avoiding, ref int visited, List<int[]> components)
    {
        Open(root, ref visited);
        while (_path.Count > 0)
        {
            (int state, long edge) = _path[^1];
            long end = graph.EndEdge(state);
            int child = -1;
            while (edge < end)
            {
                Edge step = graph[edge++];
                if ((step.Labels & avoiding) != 0 || _region[step.Target] != region)
                {
                    continue;
                }

                if (_order[step.Target] == 0)
                {
                    child = step.Target;
                    break;
                }

                if (_order[step.Target] != Finished)
                {
                    _low[state] = Math.Min(_low[state], _order[step.Target]);
                }
            }

            _path[^1] = (state, edge);
            if (child >= 0)
            {
                Open(child, ref visited);
                continue;
            }

            _path.RemoveAt(_path.Count - 1);
            if (_path.Count > 0)
            {
                int parent = _path[^1].State;
                _low[parent] = Math.Min(_low[parent], _low[state]);
            }

            if (_low[state] == _order[state])
            {
                Close(state, region, avoiding, components);
            }
        }
    }

    private void Open(int state, ref int visited)
    {
        _order[state] = _low[state] = ++visited;
        _open.Add(state);
        _path.Add((state, graph.FirstEdge(state)));
    }

    private void Close(int root, int region, uint avoiding, List<int[]> components)
    {
        int first = _open.Count - 1;
        while (_open[first] != root)
        {
            first--;
        }

        int size = _open.Count - first;
        if (size > 1 || HasLoop(root, region, avoiding))
        {
            components.Add([.. _open.GetRange(first, size)]);
        }

        for (int i = first; i < _open.Count; i++)
        {
            _order[_open[i]] = Finished;
        }

        _open.RemoveRange(first, size);
    }

    private bool HasLoop(int state, int region, uint avoiding)
    {
        foreach (Edge step in graph.StepsFrom(state))
        {
            if (step.Target == state && (step.Labels & avoiding) == 0 && _region[state] == region)
            {
                return true;
            }
        }

        return false;
    }
}
