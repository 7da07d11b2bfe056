using System.Collections.Immutable;
using Orrery.Simulation;

namespace Orrery.Network;

/// <summary>
/// The ports, links and segments of a simulation. Everything is added while it stands still, in an order that does not
/// depend on timelines (that of the lab file), for origins are numbered by it.
/// </summary>
public sealed class Fabric(Simulator simulator)
{
    private readonly FramePool _pool = new();
    private readonly List<Port> _ports = [];
    private readonly List<Link> _links = [];
    private readonly List<Segment> _segments = [];

    /// <summary>All ports in the order in which they were added.</summary>
    public IReadOnlyList<Port> Ports => _ports;

    /// <summary>All links in the order in which they were added.</summary>
    public IReadOnlyList<Link> Links => _links;

    /// <summary>All segments in the order in which they were added.</summary>
    public IReadOnlyList<Segment> Segments => _segments;

    /// <summary>All wires: a name each.</summary>
    internal IEnumerable<Wire> Wires =>
        _ports.Select(port => port.Wire).OfType<Wire>().Concat(_segments.SelectMany(segment => segment.Outputs));

    /// <summary>Where its frames come from.</summary>
    internal FramePool Pool => _pool;

    /// <summary>Adds a port of a node on <paramref name="timeline"/>, with an origin of its own.</summary>
    /// <param name="name">Node and interface: <c>client.eth0</c>.</param>
    /// <param name="timeline">The node's.</param>
    public Port AddPort(string name, Timeline timeline)
    {
        var port = new Port(name, timeline, simulator.AddOrigin(name), _pool);
        _ports.Add(port);
        return port;
    }

    /// <summary>Joins two ports that are on no wire yet.</summary>
    /// <param name="name">Unique in the fabric.</param>
    /// <param name="a">One end.</param>
    /// <param name="b">The other end.</param>
    /// <param name="delay">From end to end; above zero between different timelines.</param>
    /// <exception cref="ArgumentException">A port is on a wire already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No delay between different timelines.</exception>
    public Link AddLink(string name, Port a, Port b, SimDuration delay)
    {
        CheckFree([a, b]);
        var link = new Link(name, a, b, delay);
        _links.Add(link);
        return link;
    }

    /// <summary>Joins any number of ports that are on no wire yet.</summary>
    /// <param name="name">Unique in the fabric.</param>
    /// <param name="ports">The ports.</param>
    /// <param name="delay">From port to port; at least <see cref="Segment.DelayMinBetweenTimelines"/> between different timelines.</param>
    /// <exception cref="ArgumentException">There is no port, one twice, or one that is on a wire already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Too little delay between different timelines.</exception>
    public Segment AddSegment(string name, ImmutableArray<Port> ports, SimDuration delay)
    {
        CheckFree(ports);
        Origin origin = simulator.AddOrigin(name);
        Timeline timeline = ports[0].Timeline;
        if (ports.Any(port => port.Timeline != timeline))
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(delay, Segment.DelayMinBetweenTimelines);
            timeline = simulator.AddTimeline(name);
        }

        var segment = new Segment(name, ports, delay, timeline, origin, _pool);
        _segments.Add(segment);
        return segment;
    }

    private static void CheckFree(ImmutableArray<Port> ports)
    {
        if (ports.IsEmpty || ports.Distinct().Count() != ports.Length)
        {
            throw new ArgumentException("A wire joins different ports, at least one.");
        }

        if (ports.FirstOrDefault(port => port.Wire is not null) is { } taken)
        {
            throw new ArgumentException($"{taken} is on a wire already.");
        }
    }
}
