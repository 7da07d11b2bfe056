namespace Orrery.Lab.Records;

/// <summary>The last few records of each node.</summary>
/// <param name="nodes">The nodes' names in the order in which they are reported.</param>
internal sealed class RunHistory(IReadOnlyList<string> nodes)
{
    private const int KeptCount = 3;

    private readonly Dictionary<string, string> _nodeOf = [];
    private readonly Dictionary<string, Queue<StoredRecord>> _recent = [];

    public void Add(StoredRecord record)
    {
        if (!_nodeOf.TryGetValue(record.Source, out string? node))
        {
            node = NodeOf(record.Source);
            _nodeOf.Add(record.Source, node);
            _recent.TryAdd(node, new Queue<StoredRecord>());
        }

        Queue<StoredRecord> recent = _recent[node];
        if (recent.Count == KeptCount)
        {
            recent.Dequeue();
        }

        recent.Enqueue(record);
    }

    /// <summary>What is kept, by node; nodes without a record are left out.</summary>
    public IReadOnlyList<(string Node, IReadOnlyList<StoredRecord> Records)> Recent() =>
        [.. nodes.Concat(_recent.Keys.Except(nodes)).Where(_recent.ContainsKey).Select(node => (node, (IReadOnlyList<StoredRecord>)[.. _recent[node]]))];

    /// <summary>A node's sources are called like the node, or like the node, a dot and more; the longest name is the node's.</summary>
    private string NodeOf(string source)
    {
        IEnumerable<string> owners = nodes.Where(node => source == node || source.StartsWith(node + ".", StringComparison.Ordinal));
        return owners.MaxBy(node => node.Length) ?? source;
    }
}
