namespace Orrery.Simulation;

/// <summary>
/// What decides the order of an event, but for its sequence number, which is kept in its slot and looked up only when time,
/// priority and origin are equal. 16 bytes: four fit a cache line.
/// </summary>
internal struct EventKey
{
    internal ulong Time;
    internal uint Rank; // priority and origin, see EventRank
    internal int Slot;
}

/// <summary>Priority and origin in one number that orders as they do.</summary>
internal static class EventRank
{
    private const int OriginBits = 28;

    internal static uint Of(EventPriority priority, uint origin) => ((uint)priority << OriginBits) | origin;

    internal static EventPriority Priority(uint rank) => (EventPriority)(rank >> OriginBits);

    internal static uint Origin(uint rank) => rank & ((1u << OriginBits) - 1);
}
