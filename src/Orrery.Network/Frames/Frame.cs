using Orrery.Simulation;

namespace Orrery.Network;

/// <summary>
/// An Ethernet frame on its way: its bytes, and the event that brings it to the end of a wire. It has one owner at a time;
/// the last one gives it back to its pool.
/// </summary>
internal sealed class Frame(FramePool pool, int capacity) : IEventHandler
{
    private readonly byte[] _buffer = new byte[capacity];
    private int _length;

    /// <summary>Bytes it has room for.</summary>
    public int Capacity => _buffer.Length;

    /// <summary>From the destination address to the last byte of the payload, without the check sequence.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>The end of the wire it is on.</summary>
    public LinkEnd? End { get; set; }

    /// <summary>Takes over a copy of <paramref name="bytes"/>, at most <see cref="Capacity"/>.</summary>
    public void Fill(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer);
        _length = bytes.Length;
    }

    public void Handle(Timeline timeline, ulong argument) => End!.Deliver(this);

    public void Release() => pool.Return(this);
}

/// <summary>What stands at the end of a wire.</summary>
internal interface IFrameDestination
{
    /// <summary>Called on the destination's timeline at the frame's time; it owns the frame from then on.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="ingress">The number that the wire was made with.</param>
    void Arrive(Frame frame, int ingress);
}
