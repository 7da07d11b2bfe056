using Orrery.Simulation;

namespace Orrery.Network;

/// <summary>
/// A step of a frame's way over a wire. Stages form a chain: each does its part to the frame and hands it to the next, all
/// at the moment the frame is sent and on the sender's timeline. The last is a <see cref="LinkEnd"/>.
/// </summary>
internal interface ILinkStage
{
    /// <summary>The least time from this stage to the end of the wire: what the sender's timeline can promise.</summary>
    SimDuration DelayMin { get; }

    /// <summary>Takes a frame that reaches this stage at <paramref name="time"/>, not before the timeline's.</summary>
    /// <returns>False when the frame is lost; it still belongs to the caller then.</returns>
    bool Enter(Frame frame, SimTime time);
}
