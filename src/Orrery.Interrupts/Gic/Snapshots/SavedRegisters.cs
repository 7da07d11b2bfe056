using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V3;

namespace Orrery.Interrupts.Gic.Snapshots;

/// <summary>A register that is saved: where, when it is restored, and what is cleared before.</summary>
/// <param name="Attribute">The attribute it is read and written by.</param>
/// <param name="Step">When it is restored.</param>
/// <param name="ClearFirst">The register to which ones are written before, so that nothing stale survives.</param>
/// <param name="Written">The bits of the value that are written; the others are restored by another register.</param>
/// <param name="SkipZero">Whether 0, which the register holds until it is first written, cannot be written.</param>
internal readonly record struct SavedRegister(
    VgicAttribute Attribute,
    RestoreStep Step,
    VgicAttribute? ClearFirst = null,
    ulong Written = ulong.MaxValue,
    bool SkipZero = false);

/// <summary>Which registers make up the saved state of a GIC of a given shape.</summary>
internal static class SavedRegisters
{
    private const uint Igroupr = 0x080, Isenabler = 0x100, Icenabler = 0x180, Ispendr = 0x200, Icpendr = 0x280;
    private const uint Isactiver = 0x300, Icactiver = 0x380, Ipriorityr = 0x400, Itargetsr = 0x800, Icfgr = 0xC00;
    private const uint Spendsgir = 0xF20, Irouter = 0x6000, Statusr = 0x010;
    private const uint SgiFrame = 0x1_0000;

    public static IEnumerable<SavedRegister> Of(VgicKind kind, IReadOnlyList<Affinity> cpus, int intidCount, int priorityBits) =>
        kind == VgicKind.GicV2 ? OfV2(cpus.Count, intidCount) : OfV3(cpus, intidCount, priorityBits);

    private static IEnumerable<SavedRegister> OfV2(int cpuCount, int intidCount)
    {
        VgicAttribute Dist(uint offset, int cpu = 0) => VgicAttribute.DistributorV2(cpu, offset);
        yield return new(Dist(0x008), RestoreStep.Identification);
        yield return new(Dist(0x000), RestoreStep.DistributorControl);
        for (int bank = 0; bank < cpuCount + intidCount / 32 - 1; bank++)
        {
            // The private word once for each CPU, then the shared words.
            bool isPrivate = bank < cpuCount;
            int cpu = isPrivate ? bank : 0;
            uint word = isPrivate ? 0 : (uint)(bank - cpuCount + 1);
            foreach (SavedRegister register in BitRegisters(offset => Dist(offset + 4 * word, cpu)))
            {
                yield return register;
            }

            yield return new(
                Dist(Ispendr + 4 * word, cpu), RestoreStep.Pending, Dist(Icpendr + 4 * word, cpu), isPrivate ? 0xFFFF_0000 : uint.MaxValue);
            if (!isPrivate)
            {
                yield return new(Dist(Icfgr + 8 * word), RestoreStep.Configuration);
                yield return new(Dist(Icfgr + 8 * word + 4), RestoreStep.Configuration);
            }

            for (uint i = 0; i < 32 && 32 * word + i < Intid.SpiEnd; i += 4)
            {
                yield return new(Dist(Ipriorityr + 32 * word + i, cpu), RestoreStep.Configuration);
                if (!isPrivate)
                {
                    yield return new(Dist(Itargetsr + 32 * word + i), RestoreStep.Configuration);
                }
            }

            for (uint i = 0; isPrivate && i < Intid.SgiCount; i += 4)
            {
                yield return new(Dist(Spendsgir + i, cpu), RestoreStep.Pending);
            }
        }

        for (int cpu = 0; cpu < cpuCount; cpu++)
        {
            foreach (uint offset in (uint[])[0x00, 0x04, 0x08, 0x1C, 0xD0])
            {
                yield return new(VgicAttribute.CpuInterface(cpu, offset), RestoreStep.CpuInterface);
            }
        }
    }

    private static IEnumerable<SavedRegister> OfV3(IReadOnlyList<Affinity> cpus, int intidCount, int priorityBits)
    {
        yield return new(VgicAttribute.Distributor(0x008), RestoreStep.Identification);
        yield return new(VgicAttribute.Distributor(0x000), RestoreStep.DistributorControl);
        yield return new(VgicAttribute.Distributor(Statusr), RestoreStep.DistributorControl);
        for (uint word = 1; word < intidCount / 32; word++)
        {
            foreach (SavedRegister register in BitRegisters(offset => VgicAttribute.Distributor(offset + 4 * word)))
            {
                yield return register;
            }

            yield return new(VgicAttribute.Distributor(Ispendr + 4 * word), RestoreStep.Pending);
            yield return new(VgicAttribute.Distributor(Icfgr + 8 * word), RestoreStep.Configuration);
            yield return new(VgicAttribute.Distributor(Icfgr + 8 * word + 4), RestoreStep.Configuration);
            yield return new(VgicAttribute.LineLevel(cpus[0], 32 * word), RestoreStep.Lines);
            for (uint intid = 32 * word; intid < 32 * word + 32 && intid < Intid.SpiEnd; intid++)
            {
                if (intid % 4 == 0)
                {
                    yield return new(VgicAttribute.Distributor(Ipriorityr + intid), RestoreStep.Configuration);
                }

                yield return new(VgicAttribute.Distributor(Irouter + 8 * intid), RestoreStep.Configuration);
                yield return new(VgicAttribute.Distributor(Irouter + 8 * intid + 4), RestoreStep.Configuration);
            }
        }

        foreach (Affinity cpu in cpus)
        {
            foreach (SavedRegister register in OfRedistributor(cpu).Concat(OfCpuInterface(cpu, priorityBits)))
            {
                yield return register;
            }
        }
    }

    private static IEnumerable<SavedRegister> OfRedistributor(Affinity cpu)
    {
        VgicAttribute Redist(uint offset) => VgicAttribute.Redistributor(cpu, offset);
        yield return new(Redist(0x0000), RestoreStep.RedistributorControl);
        yield return new(Redist(Statusr), RestoreStep.DistributorControl);
        foreach (uint offset in (uint[])[0x0070, 0x0074, 0x0078, 0x007C])
        {
            // Of GICR_PROPBASER, KVM makes the cacheability of a 0 that is written another.
            yield return new(Redist(offset), RestoreStep.LpiTables, SkipZero: offset < 0x0078);
        }

        foreach (SavedRegister register in BitRegisters(offset => Redist(SgiFrame + offset)))
        {
            yield return register;
        }

        yield return new(Redist(SgiFrame + Ispendr), RestoreStep.Pending);
        yield return new(Redist(SgiFrame + Icfgr + 4), RestoreStep.Configuration);
        for (uint i = 0; i < 32; i += 4)
        {
            yield return new(Redist(SgiFrame + Ipriorityr + i), RestoreStep.Configuration);
        }

        yield return new(VgicAttribute.LineLevel(cpu, 0), RestoreStep.Lines);
    }

    /// <summary>In the order in which they are to be written: the control register decides what BPR1 is.</summary>
    private static IEnumerable<SavedRegister> OfCpuInterface(Affinity cpu, int priorityBits)
    {
        int activeRegisters = new PriorityFormat(priorityBits).ActiveRegisterCount;
        IEnumerable<IccRegister> registers =
        [
            IccRegister.SystemRegisterEnable, IccRegister.Control, IccRegister.GroupEnable0, IccRegister.GroupEnable1,
            IccRegister.PriorityMask, IccRegister.BinaryPoint0, IccRegister.BinaryPoint1,
            .. Enumerable.Range(0, activeRegisters).Select(i => (IccRegister)((int)IccRegister.ActivePriorities0 + i)),
            .. Enumerable.Range(0, activeRegisters).Select(i => (IccRegister)((int)IccRegister.ActivePriorities1 + i)),
        ];
        return registers.Select(register => new SavedRegister(VgicAttribute.SystemRegister(cpu, register), RestoreStep.CpuInterface));
    }

    /// <summary>Groups, enables and active bits of 32 interrupts, which both GICs save alike.</summary>
    private static IEnumerable<SavedRegister> BitRegisters(Func<uint, VgicAttribute> place) =>
    [
        new(place(Igroupr), RestoreStep.Configuration),
        new(place(Isenabler), RestoreStep.Enables, place(Icenabler)),
        new(place(Isactiver), RestoreStep.Active, place(Icactiver)),
    ];
}
