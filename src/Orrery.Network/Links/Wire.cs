using Orrery.Simulation;

namespace Orrery.Network;

/// <summary>One direction of a link: its chain of stages.</summary>
internal static class Wire
{
    /// <summary>Builds the chain and the channel it needs.</summary>
    /// <returns>The first stage.</returns>
    public static ILinkStage Build(Timeline from, Timeline to, Origin origin, IFrameDestination destination, ulong ingress, SimDuration delay)
    {
        var end = new LinkEnd(from, origin, destination, ingress);
        var first = new DelayStage(delay, end);
        end.Connect(from.Simulator.Connect(from, to, first.DelayMin));
        return first;
    }
}
