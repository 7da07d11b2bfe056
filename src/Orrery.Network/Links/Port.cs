using Orrery.Simulation;

namespace Orrery.Network;

/// <summary>Where frames leave and reach a node.</summary>
/// <remarks>Used on its timeline only, or while everything stands still. Made by <see cref="Fabric.AddPort"/>.</remarks>
public sealed class Port : IFrameDestination
{
    /// <summary>Bytes of the smallest frame: two addresses and a type. Shorter payloads than Ethernet's 46 bytes are taken.</summary>
    public const int FrameSizeMin = 14;

    /// <summary>Bytes of the largest frame: what a device with segmentation offload may send.</summary>
    public const int FrameSizeMax = FrameSizeMin + 65_535;

    private readonly FramePool _pool;

    internal Port(string name, Timeline timeline, Origin origin, FramePool pool)
    {
        Name = name;
        Timeline = timeline;
        Origin = origin;
        _pool = pool;
    }

    /// <summary>Node and interface: <c>client.eth0</c>.</summary>
    public string Name { get; }

    /// <summary>The timeline of its node.</summary>
    public Timeline Timeline { get; }

    /// <summary>The identity that its frames, as events and as records, carry.</summary>
    public Origin Origin { get; }

    /// <summary>Who gets the frames that arrive; while it is null (the node is not there yet, or gone) they are lost.</summary>
    public IFrameReceiver? Receiver { get; set; }

    /// <summary>Frames that were put on the wire.</summary>
    public ulong SentCount { get; private set; }

    /// <summary>Frames that were handed to the receiver.</summary>
    public ulong ReceivedCount { get; private set; }

    /// <summary>Frames that were lost here: on the way out because the wire was full, on the way in because nobody was there.</summary>
    public ulong LostCount { get; private set; }

    /// <summary>The beginning of its wire; null until it is connected.</summary>
    internal Wire? Wire { get; set; }

    /// <summary>Sends a frame at the timeline's time and records it.</summary>
    /// <param name="frame">From the destination address on, without the check sequence; copied.</param>
    /// <returns>What became of it; a size that no frame has is the sender's mistake, everything else is not.</returns>
    public SendResult Send(ReadOnlySpan<byte> frame)
    {
        if (frame.Length is < FrameSizeMin or > FrameSizeMax)
        {
            return frame.Length < FrameSizeMin ? SendResult.TooShort : SendResult.TooLong;
        }

        Timeline.Record(Origin, RecordKind.Frame, frame);
        Frame copy = _pool.Take(frame);
        if (Wire is not null && Wire.Enter(copy, Timeline.Now))
        {
            SentCount++;
            return SendResult.Sent;
        }

        copy.Release();
        LostCount++;
        return SendResult.Lost;
    }

    internal PortState Save() => new(Name, SentCount, ReceivedCount, LostCount);

    /// <returns>What is wrong with <paramref name="state"/>, which is not trusted; null when nothing is.</returns>
    internal string? Restore(PortState state)
    {
        (SentCount, ReceivedCount, LostCount) = (state.SentCount, state.ReceivedCount, state.LostCount);
        return state.Name == Name ? null : $"was saved as '{state.Name}', but is '{Name}'";
    }

    void IFrameDestination.Arrive(Frame frame, int ingress)
    {
        if (Receiver is null)
        {
            LostCount++;
        }
        else
        {
            ReceivedCount++;
            Receiver.Receive(frame.Bytes);
        }

        frame.Release();
    }

    public override string ToString() => Name;
}

/// <summary>What became of a frame that was to be sent.</summary>
public enum SendResult
{
    /// <summary>It is on the wire.</summary>
    Sent,

    /// <summary>The wire held too much already, or there is none; as on a real one, nobody hears of it.</summary>
    Lost,

    /// <summary>Below <see cref="Port.FrameSizeMin"/>: no frame.</summary>
    TooShort,

    /// <summary>Above <see cref="Port.FrameSizeMax"/>: no frame.</summary>
    TooLong,
}
