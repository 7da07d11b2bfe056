using Orrery.Simulation;

namespace Orrery.Network;

/// <summary>Makes every frame wait the same time.</summary>
internal sealed class DelayStage(SimDuration delay, ILinkStage next) : ILinkStage
{
    public SimDuration DelayMin => delay + next.DelayMin;

    public bool Enter(Frame frame, SimTime time) => next.Enter(frame, time + delay);
}
