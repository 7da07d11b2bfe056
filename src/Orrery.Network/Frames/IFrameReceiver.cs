namespace Orrery.Network;

/// <summary>What a port hands the frames to that reach it: a network device, or a program.</summary>
public interface IFrameReceiver
{
    /// <summary>Called on the port's timeline when a frame arrives, before anything else that is due at that instant.</summary>
    /// <param name="frame">From the destination address on, without the check sequence; valid until the call returns.</param>
    void Receive(ReadOnlySpan<byte> frame);
}
