namespace Orrery.Interrupts.Exploration;

/// <summary>From which state each state was found first; since the search is breadth first, on a shortest way.</summary>
internal sealed class SearchTree
{
    private const int None = -1;

    private readonly ChunkedList<int> _parents = new();

    public long BytesWith(long more) => _parents.BytesWith(more);

    /// <summary>The next state is an initial one.</summary>
    public void AddRoot() => _parents.Add(None);

    /// <summary>The next state was found from <paramref name="parent"/>.</summary>
    public void Add(int parent) => _parents.Add(parent);

    /// <summary>The states from an initial one to <paramref name="state"/>, both included.</summary>
    public List<int> PathTo(int state)
    {
        var path = new List<int>();
        for (; state != None; state = _parents[state])
        {
            path.Add(state);
        }

        path.Reverse();
        return path;
    }
}
