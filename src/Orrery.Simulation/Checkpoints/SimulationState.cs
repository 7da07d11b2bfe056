namespace Orrery.Simulation;

/// <summary>
/// Everything a simulator holds, as plain values, taken while it stands still (<see cref="Simulator.Save"/>). What its
/// event handlers hold is theirs to save.
/// </summary>
/// <param name="NowNanoseconds">The instant at which everything stood.</param>
/// <param name="Origins">All origins, by number.</param>
/// <param name="Timelines">All timelines, in the order in which they were added.</param>
/// <param name="RandomStreams">All random streams, by name.</param>
public sealed record SimulationState(
    ulong NowNanoseconds,
    IReadOnlyList<OriginState> Origins,
    IReadOnlyList<TimelineState> Timelines,
    IReadOnlyList<RandomStreamState> RandomStreams);

/// <summary>An <see cref="Origin"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="NextSequence">The number its next event gets.</param>
/// <param name="NextRecordSequence">The number its next record gets.</param>
public sealed record OriginState(string Name, ulong NextSequence, ulong NextRecordSequence);

/// <summary>A <see cref="Timeline"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="EventCount">Events it has run.</param>
/// <param name="Events">Its pending events, in the order in which they are due.</param>
public sealed record TimelineState(string Name, ulong EventCount, IReadOnlyList<EventState> Events);

/// <summary>A pending event.</summary>
/// <param name="DueNanoseconds">When it is due.</param>
/// <param name="Priority">Its place among the events of one instant.</param>
/// <param name="Origin">The number of its origin.</param>
/// <param name="Sequence">Its number among the events of its origin.</param>
/// <param name="Handler">The key of its handler, see <see cref="IHandlerCatalog"/>.</param>
/// <param name="Argument">Its argument.</param>
public sealed record EventState(ulong DueNanoseconds, EventPriority Priority, uint Origin, ulong Sequence, string Handler, ulong Argument);

/// <summary>A <see cref="RandomStream"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">Where it stands.</param>
public sealed record RandomStreamState(string Name, RandomState State);
