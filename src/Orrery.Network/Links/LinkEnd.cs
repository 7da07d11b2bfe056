using Orrery.Simulation;

namespace Orrery.Network;

/// <summary>The end of a wire: schedules the arrival of each frame on the timeline of who stands there.</summary>
/// <param name="from">The sender's timeline.</param>
/// <param name="origin">The sender.</param>
/// <param name="destination">Who gets the frames.</param>
/// <param name="ingress">Handed to the destination with each frame.</param>
internal sealed class LinkEnd(Timeline from, Origin origin, IFrameDestination destination, int ingress) : ILinkStage
{
    /// <summary>
    /// Bytes that a wire holds: a guest can send without its time going on, and must not fill the host's memory. Enough for
    /// 10 Gbit/s over 50 ms. Counted at the sender and by simulated time, so that every run loses the same frames.
    /// </summary>
    public const long BytesMax = 64L << 20;

    private readonly Queue<(SimTime Due, int Length)> _inFlight = new();
    private Channel? _channel;
    private long _inFlightBytes;

    public SimDuration DelayMin => SimDuration.Zero;

    /// <summary>The way to the destination's timeline; set once the chain is complete and its lookahead known.</summary>
    public void Connect(Channel channel) => _channel = channel;

    public bool Enter(Frame frame, SimTime time)
    {
        while (_inFlight.TryPeek(out var first) && first.Due <= from.Now)
        {
            _inFlightBytes -= first.Length;
            _inFlight.Dequeue();
        }

        if (_inFlightBytes + frame.Bytes.Length > BytesMax)
        {
            return false;
        }

        Carry(frame, time);
        _channel!.Post(time, EventPriority.Frames, origin, frame);
        return true;
    }

    /// <summary>The frame, whose arrival is an event already, is on the wire until <paramref name="due"/>.</summary>
    public void Carry(Frame frame, SimTime due)
    {
        _inFlight.Enqueue((due, frame.Bytes.Length));
        _inFlightBytes += frame.Bytes.Length;
        frame.End = this;
    }

    /// <summary>The frame has come to the end.</summary>
    public void Deliver(Frame frame) => destination.Arrive(frame, ingress);
}
