using Orrery.Network;

namespace Orrery.Machines.Stack;

/// <summary>
/// Who on a link has which Ethernet address, and what waits to be sent until that is known (RFC 826; RFC 4861, 5.1).
/// Bounded: the oldest entry makes room for a new one, and of the packets that wait for an answer the oldest is dropped.
/// </summary>
internal sealed class NeighborTable
{
    public const int EntriesMax = 1024;
    public const int WaitingPacketsMax = 8;
    public const int RequestsMax = 3;
    public const ulong RetryNanoseconds = 1_000_000_000;
    public const ulong ValidNanoseconds = 60_000_000_000;

    private readonly Dictionary<(int Interface, IpAddress Address), Neighbor> _entries = [];

    /// <summary>All entries, in the order of their keys, so that what is done to all is done in one order.</summary>
    public IEnumerable<Neighbor> Ordered =>
        _entries.Values.OrderBy(entry => entry.Interface).ThenBy(entry => entry.Address.Value);

    /// <summary>Finds the entry of a neighbour.</summary>
    public bool TryGet(int networkInterface, IpAddress address, out Neighbor neighbor)
        => _entries.TryGetValue((networkInterface, address), out neighbor!);

    /// <summary>Adds an entry without an Ethernet address.</summary>
    public Neighbor Add(int networkInterface, IpAddress address, ulong now)
    {
        if (_entries.Count >= EntriesMax)
        {
            Neighbor oldest = _entries.Values
                .OrderBy(entry => entry.ConfirmedAt).ThenBy(entry => entry.Interface).ThenBy(entry => entry.Address.Value).First();
            _entries.Remove((oldest.Interface, oldest.Address));
        }

        var neighbor = new Neighbor(networkInterface, address) { ConfirmedAt = now };
        _entries.Add((networkInterface, address), neighbor);
        return neighbor;
    }

    /// <summary>Forgets a neighbour.</summary>
    public void Remove(Neighbor neighbor) => _entries.Remove((neighbor.Interface, neighbor.Address));
}

/// <summary>What is known of one neighbour.</summary>
internal sealed class Neighbor(int networkInterface, IpAddress address)
{
    public int Interface { get; } = networkInterface;

    public IpAddress Address { get; } = address;

    /// <summary>Its Ethernet address; null while it is asked for.</summary>
    public MacAddress? Mac { get; set; }

    /// <summary>When the Ethernet address was last heard, or when the entry was made.</summary>
    public ulong ConfirmedAt { get; set; }

    /// <summary>How often it was asked for since it was last confirmed; 0 while nobody waits for an answer.</summary>
    public int Requests { get; set; }

    /// <summary>When to ask again.</summary>
    public ulong RetryAt { get; set; }

    /// <summary>Whole frames that lack only the destination address, oldest first.</summary>
    public Queue<byte[]> Waiting { get; } = new();
}
