using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.Timers;

namespace Orrery.Interrupts.Gic.Snapshots;

/// <summary>
/// The saved state of a GIC: a plain record of attributes and values, in the form in which KVM gives and takes it. It is
/// not trusted: it becomes a controller only through <see cref="GicRestore"/>, wholly or not at all.
/// </summary>
/// <remarks>
/// What the form cannot hold is lost: of a GICv2 the lines (pending is latch or line in one bit) and the source of an
/// active SGI; of a GICv3 the value of BPR1 while CBPR hides it.
/// </remarks>
public sealed record GicSnapshot
{
    /// <summary>Which GIC.</summary>
    public required VgicKind Kind { get; init; }

    /// <summary>INTIDs, the 32 private ones included.</summary>
    public required int IntidCount { get; init; }

    /// <summary>One affinity for each CPU, in the CPUs' order. A GICv2 numbers its CPUs in Aff0.</summary>
    public required IReadOnlyList<Affinity> Cpus { get; init; }

    /// <summary>Every register that is saved, each once, in any order.</summary>
    public required IReadOnlyList<AttributeValue> Attributes { get; init; }

    /// <summary>
    /// The timers of each CPU, in the CPUs' order, saved at the same instant: GIC and timers are one state. Empty if they were
    /// not saved.
    /// </summary>
    public IReadOnlyList<TimerRegisters> Timers { get; init; } = [];

    /// <summary>The state of a controller, read as user space reads it. Changes nothing.</summary>
    public static GicSnapshot Of(GicController gic)
    {
        (VgicKind kind, Affinity[] cpus) = gic switch
        {
            GicV3 v3 => (VgicKind.GicV3, v3.Affinities.ToArray()),
            _ => (VgicKind.GicV2, [.. Enumerable.Range(0, gic.CpuCount).Select(cpu => new Affinity(0, 0, 0, (byte)cpu))]),
        };
        var vgic = (IVgic)gic;
        return new GicSnapshot
        {
            Kind = kind,
            IntidCount = gic.IntidCount,
            Cpus = cpus,
            Attributes = [.. SavedRegisters.Of(kind, cpus, gic.IntidCount, gic.PriorityBits)
                .Select(saved => new AttributeValue(saved.Attribute, vgic.GetAttribute(saved.Attribute).Value))],
        };
    }

    /// <summary>
    /// The state of a GICv2 whose devices lower their lines before it is read, so that its pending bits are the latches alone;
    /// with the lines given to <see cref="GicRestore.Restore"/> again, nothing is lost. On real hardware: stop the vCPUs, lower
    /// each line (KVM_IRQ_LINE), and save. Changes nothing.
    /// </summary>
    public static GicSnapshot WithoutLines(GicV2 gic)
    {
        GicV2 quiet = gic.Clone();
        quiet.LowerLines();
        return Of(quiet);
    }

    /// <summary>The value of an attribute, or null if the snapshot does not have it.</summary>
    public ulong? this[VgicAttribute attribute]
    {
        get
        {
            foreach ((VgicAttribute candidate, ulong value) in Attributes)
            {
                if (candidate == attribute)
                {
                    return value;
                }
            }

            return null;
        }
    }
}
