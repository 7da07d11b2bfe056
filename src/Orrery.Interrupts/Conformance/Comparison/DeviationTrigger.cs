using Orrery.Interrupts.Conformance.Models;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.State;

namespace Orrery.Interrupts.Conformance.Comparison;

/// <summary>
/// A state of the controller after which KVM may differ in a way that no model can follow exactly: what the guest then
/// sees depends on when the vCPU happens to leave it (a tick of the host is enough).
/// </summary>
internal sealed class DeviationTrigger(Func<GicController, int, bool> isSeen)
{
    /// <summary>The list registers of QEMU's GICs, and of most hardware.</summary>
    private const int ListRegisters = 4;

    /// <summary>
    /// An edge interrupt is active and pending, and is disabled, or the distributor is: KVM has put both states into the
    /// list register, and the guest's EOI leaves the pending one there.
    /// </summary>
    public static readonly DeviationTrigger PendingWhileActiveAndDisabled = new(static (gic, cpu) =>
        Any(gic, cpu, static (view, forwards) => view is { Active: true, Latch: true, Edge: true } && !(view.Enabled && forwards)));

    /// <summary>More interrupts are active or to be delivered on a CPU than it has list registers.</summary>
    public static readonly DeviationTrigger MoreThanListRegisters = new(static (gic, cpu) =>
        Count(gic, cpu, static view => view.Active || (view.Pending && view.Enabled)) > ListRegisters);

    /// <summary>A less urgent interrupt is active beside an SGI that is active and has another source pending.</summary>
    public static readonly DeviationTrigger ActiveBehindWaitingSgi = new(static (gic, cpu) =>
    {
        for (uint sgi = 0; sgi < Intid.SgiCount; sgi++)
        {
            InterruptView view = gic.Inspect(InterruptRef.OnCpu(sgi, cpu))!.Value;
            if (view.Active && view.Pending
                && Any(gic, cpu, (other, _) => other.Active && other.Priority > view.Priority))
            {
                return true;
            }
        }

        return false;
    });

    /// <summary>The first operation after which the state is seen on any CPU, or null.</summary>
    public int? FirstIn(ConformanceProgram program, GicDeviations deviations)
    {
        int? first = null;
        ModelMachine.Run(program, deviations, (index, gic) =>
        {
            for (int cpu = 0; first is null && cpu < gic.CpuCount; cpu++)
            {
                first = isSeen(gic, cpu) ? index : null;
            }
        });
        return first;
    }

    private static bool Any(GicController gic, int cpu, Func<InterruptView, bool, bool> condition)
    {
        bool forwards = (gic.ReadRegister(0, GicFrame.Distributor, 0, sizeof(uint)).Value & 3) != 0;
        return Count(gic, cpu, view => condition(view, forwards)) > 0;
    }

    private static int Count(GicController gic, int cpu, Func<InterruptView, bool> condition)
    {
        int count = 0;
        for (uint intid = 0; intid < gic.IntidCount; intid++)
        {
            InterruptRef interrupt = Intid.IsPrivate(intid) ? InterruptRef.OnCpu(intid, cpu) : InterruptRef.Shared(intid);
            count += gic.Inspect(interrupt) is { } view && condition(view) ? 1 : 0;
        }

        return count;
    }
}
