using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.State;

namespace Orrery.Interrupts.Gic.Snapshots;

/// <summary>
/// Makes a controller of a snapshot. The snapshot is checked first; then a new controller takes every write; then every
/// register is read back and compared. Whatever fails, there is no controller, and none that existed has changed.
/// </summary>
public static class GicRestore
{
    private const int DefaultPriorityBits = 5;
    private const int CpuLimitV2 = 8;
    private const int CpuLimitV3 = 512;

    /// <summary>The controller in the state of the snapshot, or why not.</summary>
    /// <param name="snapshot">The saved state; not trusted.</param>
    /// <param name="shape">
    /// Options of the new controller, of the same kind as the snapshot; CPUs, affinities, INTIDs and priority bits are
    /// taken from the snapshot. Null: the defaults.
    /// </param>
    /// <param name="highLines">
    /// GICv2: the lines that devices hold high, which KVM's form has no place for. They are taken as levels, not as edges. A
    /// GICv3's are in its snapshot.
    /// </param>
    public static SnapshotResult<GicController> Restore(
        GicSnapshot snapshot, GicOptions? shape = null, IEnumerable<InterruptRef>? highLines = null)
    {
        SnapshotError? error = Check(snapshot);
        if (error is not null)
        {
            return SnapshotResult<GicController>.Failed(error.Place, error.Problem);
        }

        GicController gic;
        switch (snapshot.Kind)
        {
            case VgicKind.GicV2 when shape is null or GicV2Options:
                gic = new GicV2(((GicV2Options?)shape ?? new GicV2Options()) with
                {
                    CpuCount = snapshot.Cpus.Count,
                    IntidCount = snapshot.IntidCount,
                });
                break;
            case VgicKind.GicV3 when shape is null or GicV3Options:
                gic = new GicV3(((GicV3Options?)shape ?? new GicV3Options()) with
                {
                    CpuCount = snapshot.Cpus.Count,
                    IntidCount = snapshot.IntidCount,
                    Affinities = snapshot.Cpus,
                    PriorityBits = PriorityBitsOf(snapshot),
                });
                break;
            default:
                return SnapshotResult<GicController>.Failed("kind", $"the snapshot is of a {snapshot.Kind}, the controller asked for is not");
        }

        error = Apply(RestorePlan.Of(snapshot), (IVgic)gic) ?? ReadBack(snapshot, (IVgic)gic) ?? Drive(highLines ?? [], gic);
        return error is null
            ? SnapshotResult<GicController>.Of(gic)
            : SnapshotResult<GicController>.Failed(error.Place, error.Problem);
    }

    /// <summary>Executes writes; the first that is refused ends it, and what was written before stays.</summary>
    public static SnapshotError? Apply(IEnumerable<RestoreWrite> writes, IVgic target)
    {
        foreach ((_, AttributeValue write) in writes)
        {
            KvmErrno errno = target.SetAttribute(write.Attribute, write.Value);
            if (errno != KvmErrno.None)
            {
                return new SnapshotError(write.Attribute.ToString(), $"0x{write.Value:X} is refused ({errno})");
            }
        }

        return null;
    }

    /// <summary>What can be said of a snapshot without a controller: shape, completeness, widths. Null if it is sound.</summary>
    public static SnapshotError? Check(GicSnapshot snapshot)
    {
        SnapshotError? error = CheckShape(snapshot);
        if (error is not null)
        {
            return error;
        }

        var values = new Dictionary<VgicAttribute, ulong>(snapshot.Attributes.Count);
        foreach ((VgicAttribute attribute, ulong value) in snapshot.Attributes)
        {
            if (!values.TryAdd(attribute, value))
            {
                return new SnapshotError(attribute.ToString(), "occurs twice");
            }

            if (attribute.Group.DataBytes() == 4 && value > uint.MaxValue)
            {
                return new SnapshotError(attribute.ToString(), $"0x{value:X} has more than 32 bits");
            }
        }

        int expected = 0;
        foreach (SavedRegister saved in SavedRegisters.Of(snapshot.Kind, snapshot.Cpus, snapshot.IntidCount, PriorityBitsOf(snapshot)))
        {
            expected++;
            if (!values.Remove(saved.Attribute))
            {
                return new SnapshotError(saved.Attribute.ToString(), "is missing");
            }
        }

        return values.Count == 0 ? null
            : new SnapshotError(values.Keys.First().ToString(), $"is none of the {expected} registers that a {snapshot.Kind} of this shape saves");
    }

    /// <summary>How many priority bits a GICv3 advertised; a GICv2 of KVM's has 5.</summary>
    internal static int PriorityBitsOf(GicSnapshot snapshot) =>
        snapshot.Kind == VgicKind.GicV3
        && snapshot[VgicAttribute.SystemRegister(snapshot.Cpus[0], IccRegister.Control)] is { } control
            ? (int)(control >> 8 & 7) + 1
            : DefaultPriorityBits;

    private static SnapshotError? CheckShape(GicSnapshot snapshot)
    {
        if (snapshot.Kind is not (VgicKind.GicV2 or VgicKind.GicV3))
        {
            return new SnapshotError("kind", $"{(int)snapshot.Kind} is neither 2 nor 3");
        }

        if (snapshot.IntidCount is < 64 or > Intid.MaxCount || snapshot.IntidCount % 32 != 0)
        {
            return new SnapshotError("intids", $"{snapshot.IntidCount} is not a multiple of 32 from 64 to {Intid.MaxCount}");
        }

        int limit = snapshot.Kind == VgicKind.GicV2 ? CpuLimitV2 : CpuLimitV3;
        if (snapshot.Cpus.Count < 1 || snapshot.Cpus.Count > limit)
        {
            return new SnapshotError("cpus", $"{snapshot.Cpus.Count} are not 1 to {limit}");
        }

        for (int cpu = 0; cpu < snapshot.Cpus.Count; cpu++)
        {
            Affinity affinity = snapshot.Cpus[cpu];
            string place = $"cpus[{cpu}]";
            if (affinity.Aff3 != 0)
            {
                return new SnapshotError(place, $"{affinity} has an Aff3, which a GIC with A3V=0 does not route");
            }

            if (snapshot.Kind == VgicKind.GicV2 && affinity.Packed != (uint)cpu)
            {
                return new SnapshotError(place, $"{affinity}: the CPUs of a GICv2 are numbered from 0.0.0.0 on");
            }
        }

        int distinct = snapshot.Cpus.Distinct().Count();
        if (distinct != snapshot.Cpus.Count)
        {
            return new SnapshotError("cpus", "two CPUs have the same affinity");
        }

        if (snapshot.Timers.Count != 0 && snapshot.Timers.Count != snapshot.Cpus.Count)
        {
            return new SnapshotError("timers", $"{snapshot.Timers.Count} are neither none nor one for each of {snapshot.Cpus.Count} CPUs");
        }

        for (int cpu = 0; cpu < snapshot.Timers.Count; cpu++)
        {
            if (snapshot.Timers[cpu].Check() is { } wrong)
            {
                return new SnapshotError($"timers[{cpu}].{wrong.Register}", wrong.Problem);
            }
        }

        int bits = PriorityBitsOf(snapshot);
        return bits < 4 ? new SnapshotError("ICC_CTLR_EL1 of cpus[0]", $"{bits} priority bits are fewer than 4") : null;
    }

    private static SnapshotError? Drive(IEnumerable<InterruptRef> highLines, GicController gic)
    {
        foreach (InterruptRef line in highLines)
        {
            LineError error = gic.AdoptHighLine(line);
            if (error != LineError.None)
            {
                return new SnapshotError($"line {line}", $"cannot be high ({error})");
            }
        }

        return null;
    }

    private static SnapshotError? ReadBack(GicSnapshot snapshot, IVgic gic)
    {
        foreach ((VgicAttribute attribute, ulong value) in snapshot.Attributes)
        {
            ulong stored = gic.GetAttribute(attribute).Value;
            if (stored != value)
            {
                return new SnapshotError(attribute.ToString(), $"0x{value:X} cannot be stored: it reads back as 0x{stored:X}");
            }
        }

        return null;
    }
}
