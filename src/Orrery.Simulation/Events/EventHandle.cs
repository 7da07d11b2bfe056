namespace Orrery.Simulation;

/// <summary>
/// Names one scheduled event for as long as it is pending. It carries the event's origin and sequence number, which are
/// never used twice, so a stale handle is recognized and never hits another event.
/// </summary>
public readonly record struct EventHandle
{
    internal EventHandle(int slot, uint rank, ulong sequence)
    {
        SlotPlusOne = slot + 1;
        Rank = rank;
        Sequence = sequence;
    }

    /// <summary>No event.</summary>
    public static EventHandle None => default;

    /// <summary>The number of the event's origin.</summary>
    public uint Origin => EventRank.Origin(Rank);

    /// <summary>The number of the event among those of its origin.</summary>
    public ulong Sequence { get; }

    internal int Slot => SlotPlusOne - 1;

    internal uint Rank { get; }

    private int SlotPlusOne { get; }
}
