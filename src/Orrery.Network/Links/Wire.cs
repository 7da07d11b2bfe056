using Orrery.Simulation;

namespace Orrery.Network;

/// <summary>One direction of a link: its chain of stages, and the channel it needs.</summary>
internal sealed class Wire
{
    private readonly DelayStage _first;

    /// <param name="name">Unique in the fabric.</param>
    /// <param name="from">The sender's timeline.</param>
    /// <param name="to">The destination's timeline.</param>
    /// <param name="origin">The sender.</param>
    /// <param name="destination">Who gets the frames.</param>
    /// <param name="ingress">Handed to the destination with each frame.</param>
    /// <param name="delay">From end to end.</param>
    public Wire(string name, Timeline from, Timeline to, Origin origin, IFrameDestination destination, int ingress, SimDuration delay)
    {
        Name = name;
        End = new LinkEnd(from, origin, destination, ingress);
        _first = new DelayStage(delay, End);
        End.Connect(from.Simulator.Connect(from, to, _first.DelayMin));
        Place = new HandlerPlace(to, EventPriority.Frames, origin, CountMax: 1);
    }

    /// <summary>The sending port; of a segment's wires to its ports, the segment and the port.</summary>
    public string Name { get; }

    /// <summary>Its far end.</summary>
    public LinkEnd End { get; }

    /// <summary>Where the arrival of a frame is an event.</summary>
    public HandlerPlace Place { get; }

    /// <inheritdoc cref="ILinkStage.Enter"/>
    public bool Enter(Frame frame, SimTime time) => _first.Enter(frame, time);
}
