namespace Orrery.Network;

/// <summary>Everything the networks of a fabric hold, as plain values, taken while it stands still (<see cref="FabricCheckpoint"/>).</summary>
/// <param name="Ports">All ports, in the order in which they were added.</param>
/// <param name="Segments">All segments, in the order in which they were added.</param>
/// <param name="Frames">Frames on their way, in the order of their events; the handler of frame N is called <c>frame N</c>.</param>
public sealed record FabricState(
    IReadOnlyList<PortState> Ports, IReadOnlyList<SegmentState> Segments, IReadOnlyList<FrameState> Frames);

/// <summary>A <see cref="Port"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="SentCount">Frames that were put on the wire.</param>
/// <param name="ReceivedCount">Frames that were handed to the receiver.</param>
/// <param name="LostCount">Frames that were lost here.</param>
public sealed record PortState(string Name, ulong SentCount, ulong ReceivedCount, ulong LostCount);

/// <summary>A <see cref="Segment"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="LostCount">Frames that were lost because the wire to a port was full.</param>
/// <param name="NextSweepNanoseconds">When the table may next be swept.</param>
/// <param name="Stations">Where the switch last saw each station, by address.</param>
public sealed record SegmentState(string Name, ulong LostCount, ulong NextSweepNanoseconds, IReadOnlyList<StationState> Stations);

/// <summary>What a switch remembers of a station.</summary>
/// <param name="Address">Its Ethernet address, six pairs of hexadecimal digits.</param>
/// <param name="Port">The port it was last seen at, a place in the segment's ports.</param>
/// <param name="SeenNanoseconds">When.</param>
public sealed record StationState(string Address, int Port, ulong SeenNanoseconds);

/// <summary>A frame on its way. When it arrives is its event's due time.</summary>
/// <param name="Wire">The wire: the port that sent it; for a wire from a segment to a port, both names.</param>
/// <param name="Bytes">From the destination address on, without the check sequence.</param>
public sealed record FrameState(string Wire, byte[] Bytes);
