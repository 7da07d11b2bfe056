using Orrery.Interrupts.Gic.V3;

namespace Orrery.Interrupts.Gic.Kvm;

/// <summary>
/// Which registers KVM's GIC devices know (Linux 6.12, <c>vgic-mmio-v2.c</c> and <c>vgic-mmio-v3.c</c>): HAS_ATTR answers
/// by it, and GET and SET of anything else succeed without effect.
/// </summary>
internal static class VgicRegions
{
    private static readonly Region[] DistributorV2 =
    [
        new(0x000, 12, 0),
        .. BitRegisters(),
        new(0x400, 1024, 8),
        new(0x800, 1024, 8),
        new(0xC00, 256, 2),
        new(0xF00, 4, 0),
        new(0xF10, 32, 0),
    ];

    private static readonly Region[] CpuInterfaceV2 =
    [
        new(0x00, 12, 0),
        new(0x1C, 4, 0),
        new(0xD0, 16, 0),
        new(0xFC, 4, 0),
    ];

    private static readonly Region[] DistributorV3 =
    [
        new(0x000, 16, 0),
        new(0x010, 4, 0),
        .. BitRegisters(),
        new(0x400, 1024, 8),
        new(0x800, 1024, 8),
        new(0xC00, 256, 2),
        new(0xD00, 128, 1),
        new(0x6000, 8192, 64),
        new(0xFFD0, 48, 0),
    ];

    private static readonly Region[] RedistributorV3 =
    [
        new(0x0000, 24, 0),
        new(0x0070, 16, 0),
        new(0x00A0, 8, 0),
        new(0x00B0, 8, 0),
        new(0x00C0, 4, 0),
        new(0xFFD0, 48, 0),
        .. BitRegisters().Select(r => new Region(0x1_0000 + r.Offset, 4, 0)),
        new(0x1_0400, 32, 0),
        new(0x1_0C00, 8, 0),
        new(0x1_0D00, 4, 0),
        new(0x1_0E00, 4, 0),
    ];

    /// <summary>HAS_ATTR of a register of a GICv2 with this many vCPUs and INTIDs.</summary>
    public static KvmErrno HasV2(VgicAttribute attribute, int cpuCount, int intidCount)
    {
        if (attribute.Group is VgicGroup.Distributor or VgicGroup.CpuInterface && attribute.Vcpu >= cpuCount)
        {
            return KvmErrno.Invalid;
        }

        return Answer(attribute.Group switch
        {
            VgicGroup.Distributor => Contains(DistributorV2, attribute.Offset, intidCount),
            VgicGroup.CpuInterface => Contains(CpuInterfaceV2, attribute.Offset, 0),
            _ => false,
        });
    }

    /// <summary>HAS_ATTR of a register of a GICv3 with these vCPUs and this many INTIDs.</summary>
    public static KvmErrno HasV3(VgicAttribute attribute, IReadOnlyList<Affinity> affinities, int intidCount)
    {
        switch (attribute.Group)
        {
            case VgicGroup.Distributor:
                return Answer(Contains(DistributorV3, attribute.Offset, intidCount));
            case VgicGroup.LineLevel:
                return Answer(attribute.LevelInfo == 0);
            case VgicGroup.Redistributor or VgicGroup.SystemRegister when !affinities.Contains(attribute.Affinity):
                return KvmErrno.Invalid;
            case VgicGroup.Redistributor:
                return Answer(Contains(RedistributorV3, attribute.Offset, 0));
            case VgicGroup.SystemRegister:
                return Answer(IsSavedRegister((IccRegister)attribute.Offset));
            default:
                return KvmErrno.NoSuchAttribute;
        }
    }

    /// <summary>Whether a system register is among those KVM saves.</summary>
    public static bool IsSavedRegister(IccRegister register) => register is
        IccRegister.PriorityMask or IccRegister.BinaryPoint0 or IccRegister.BinaryPoint1 or IccRegister.Control
        or IccRegister.SystemRegisterEnable or IccRegister.GroupEnable0 or IccRegister.GroupEnable1
        or (>= IccRegister.ActivePriorities0 and < IccRegister.ActivePriorities1 + 4);

    private static KvmErrno Answer(bool exists) => exists ? KvmErrno.None : KvmErrno.NoSuchAttribute;

    /// <summary>The seven registers of one bit for each INTID.</summary>
    private static IEnumerable<Region> BitRegisters() =>
        Enumerable.Range(1, 7).Select(block => new Region((uint)block * 0x80, 128, 1));

    private static bool Contains(Region[] regions, uint offset, int intidCount)
    {
        if ((offset & 3) != 0)
        {
            return false;
        }

        foreach (Region region in regions)
        {
            if (offset - region.Offset < region.Length)
            {
                return region.BitsPerIntid == 0 || (offset - region.Offset) * 8 / region.BitsPerIntid < intidCount;
            }
        }

        return false;
    }

    private readonly record struct Region(uint Offset, uint Length, uint BitsPerIntid);
}
