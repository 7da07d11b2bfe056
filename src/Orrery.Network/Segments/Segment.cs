using System.Collections.Immutable;
using Orrery.Simulation;

namespace Orrery.Network;

/// <summary>
/// A switched wire: a learning switch with a port's length of cable to each of its ports. Made by <see cref="Fabric.AddSegment"/>.
/// </summary>
/// <remarks>
/// The switch sits in the middle: half of the delay lies before it, the rest after it, so that the sum is exact. It learns
/// and forwards as IEEE 802.1Q-2018, 8.6 to 8.8 says, without VLANs, spanning tree and reserved addresses: frames to a group
/// or to nobody it knows go to every port but their own. When its ports are on one timeline so is the switch, else it has a
/// timeline of its own; what arrives where and when is the same.
/// </remarks>
public sealed class Segment : IFrameDestination
{
    /// <summary>The least delay of a segment between timelines: a nanosecond before the switch and one after it.</summary>
    public static readonly SimDuration DelayMinBetweenTimelines = SimDuration.FromNanoseconds(2);

    private readonly FramePool _pool;
    private readonly MacTable _stations = new();
    private readonly Wire[] _outputs;

    internal Segment(string name, ImmutableArray<Port> ports, SimDuration delay, Timeline timeline, Origin origin, FramePool pool)
    {
        Name = name;
        Ports = ports;
        Delay = delay;
        Timeline = timeline;
        _pool = pool;
        SimDuration before = SimDuration.FromNanoseconds(delay.Nanoseconds / 2);
        SimDuration after = delay - before;
        _outputs = new Wire[ports.Length];
        for (int i = 0; i < ports.Length; i++)
        {
            ports[i].Wire = new Wire(ports[i].Name, ports[i].Timeline, timeline, ports[i].Origin, this, i, before);
            _outputs[i] = new Wire($"{name} {ports[i].Name}", timeline, ports[i].Timeline, origin, ports[i], 0, after);
        }
    }

    /// <summary>Unique in the fabric.</summary>
    public string Name { get; }

    /// <summary>Its ports in the order they were given.</summary>
    public ImmutableArray<Port> Ports { get; }

    /// <summary>From port to port.</summary>
    public SimDuration Delay { get; }

    /// <summary>The timeline that the switch is on.</summary>
    public Timeline Timeline { get; }

    /// <summary>Copies of frames that were lost because the wire to a port was full.</summary>
    public ulong LostCount { get; private set; }

    /// <summary>The wires from the switch to the ports, in the order of the ports.</summary>
    internal IReadOnlyList<Wire> Outputs => _outputs;

    internal SegmentState Save() => new(Name, LostCount, _stations.NextSweep.Nanoseconds, [.. _stations.Save()]);

    /// <returns>What is wrong with <paramref name="state"/>, which is not trusted; null when nothing is.</returns>
    internal string? Restore(SegmentState state, ulong nowNanoseconds)
    {
        LostCount = state.LostCount;
        return state.Name != Name ? $"was saved as '{state.Name}', but is '{Name}'" : _stations.Restore(state, Ports.Length, nowNanoseconds);
    }

    void IFrameDestination.Arrive(Frame frame, int ingress)
    {
        ReadOnlySpan<byte> bytes = frame.Bytes;
        _stations.Learn(MacAddress.Read(bytes[MacAddress.Size..]), ingress, Timeline.Now);
        MacAddress destination = MacAddress.Read(bytes);
        int known = destination.IsMulticast ? -1 : _stations.Find(destination, Timeline.Now);
        if (known < 0)
        {
            Flood(frame, ingress);
        }
        else if (known != ingress)
        {
            Forward(frame, known);
            return;
        }

        frame.Release();
    }

    private void Flood(Frame frame, int ingress)
    {
        for (int i = 0; i < _outputs.Length; i++)
        {
            if (i != ingress)
            {
                Forward(_pool.Take(frame.Bytes), i);
            }
        }
    }

    private void Forward(Frame frame, int port)
    {
        if (!_outputs[port].Enter(frame, Timeline.Now))
        {
            LostCount++;
            frame.Release();
        }
    }

    public override string ToString() => Name;
}
