namespace Orrery.Simulation;

/// <summary>
/// Whoever causes events: a port, a participant, a process. It has a number and numbers its own events, so that the order
/// of events never depends on which thread or socket was faster. Numbers come from the lab file's order, through
/// <see cref="Simulator.AddOrigin"/>.
/// </summary>
/// <remarks>
/// Used by one timeline at a time. An event is due at (time, priority, origin, sequence): this tuple is the whole order.
/// </remarks>
public sealed class Origin
{
    /// <summary>Origins are numbered from 0 and below this.</summary>
    public const int CountMax = 1 << 28;

    internal Origin(uint id, string name)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, (uint)CountMax);
        Id = id;
        Name = name;
    }

    /// <summary>The number, unique in a simulator.</summary>
    public uint Id { get; }

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    /// <summary>The sequence number its next event gets.</summary>
    public ulong NextSequence { get; internal set; }

    /// <summary>The sequence number its next record gets.</summary>
    public ulong NextRecordSequence { get; internal set; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
