using System.Globalization;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;

namespace Orrery.Interrupts.Gic;

/// <summary>The names that specifications give to registers (IHI 0048 tables 4-1 and 4-2; IHI 0069 chapter 12), for people who read traces.</summary>
public static class RegisterNames
{
    private const uint SgiFrame = 0x1_0000;

    private static readonly string[] s_bitRegisters =
        ["IGROUPR", "ISENABLER", "ICENABLER", "ISPENDR", "ICPENDR", "ISACTIVER", "ICACTIVER"];

    /// <summary>The register at an offset of a frame, or null if the tables have none there.</summary>
    public static string? Of(GicFrame frame, uint offset) => frame switch
    {
        GicFrame.Distributor => Shared("GICD", offset) ?? Distributor(offset),
        GicFrame.CpuInterface => CpuInterface(offset),
        GicFrame.Redistributor => Redistributor(offset),
        GicFrame.RedistributorSgi => Shared("GICR", offset),
        _ => null,
    };

    /// <summary>
    /// The register that an attribute means, with the vCPU or affinity where it has one; the attribute itself if it means
    /// none.
    /// </summary>
    public static string Of(VgicAttribute attribute, VgicKind kind)
    {
        string? name = attribute.Group switch
        {
            VgicGroup.Distributor => Of(GicFrame.Distributor, attribute.Offset),
            VgicGroup.CpuInterface => Of(GicFrame.CpuInterface, attribute.Offset),
            VgicGroup.Redistributor when attribute.Offset < SgiFrame => Of(GicFrame.Redistributor, attribute.Offset),
            VgicGroup.Redistributor => Of(GicFrame.RedistributorSgi, attribute.Offset - SgiFrame),
            VgicGroup.SystemRegister => System((IccRegister)attribute.Offset),
            VgicGroup.LineLevel => Text($"lines of INTID {attribute.LevelIntid} to {attribute.LevelIntid + 31}"),
            VgicGroup.IntidCount => "number of INTIDs",
            _ => null,
        };
        if (name is null)
        {
            return attribute.ToString();
        }

        return attribute.Group switch
        {
            VgicGroup.Redistributor or VgicGroup.SystemRegister => $"{name} of {attribute.Affinity}",
            VgicGroup.LineLevel when attribute.LevelIntid < Intid.PrivateCount => $"{name} of {attribute.Affinity}",
            VgicGroup.CpuInterface => Text($"{name} of vCPU {attribute.Vcpu}"),
            VgicGroup.Distributor when kind == VgicKind.GicV2 && attribute.Vcpu != 0 => Text($"{name} of vCPU {attribute.Vcpu}"),
            _ => name,
        };
    }

    /// <summary>The name of a system register of the CPU interface, or null for an encoding that is none.</summary>
    public static string? System(IccRegister register) => register switch
    {
        IccRegister.PriorityMask => "ICC_PMR_EL1",
        IccRegister.Acknowledge0 => "ICC_IAR0_EL1",
        IccRegister.EndOfInterrupt0 => "ICC_EOIR0_EL1",
        IccRegister.HighestPending0 => "ICC_HPPIR0_EL1",
        IccRegister.BinaryPoint0 => "ICC_BPR0_EL1",
        >= IccRegister.ActivePriorities0 and < IccRegister.ActivePriorities0 + 4 =>
            Text($"ICC_AP0R{register - IccRegister.ActivePriorities0}_EL1"),
        >= IccRegister.ActivePriorities1 and < IccRegister.ActivePriorities1 + 4 =>
            Text($"ICC_AP1R{register - IccRegister.ActivePriorities1}_EL1"),
        IccRegister.Deactivate => "ICC_DIR_EL1",
        IccRegister.RunningPriority => "ICC_RPR_EL1",
        IccRegister.GenerateSgi1 => "ICC_SGI1R_EL1",
        IccRegister.GenerateSgi1Alias => "ICC_ASGI1R_EL1",
        IccRegister.GenerateSgi0 => "ICC_SGI0R_EL1",
        IccRegister.Acknowledge1 => "ICC_IAR1_EL1",
        IccRegister.EndOfInterrupt1 => "ICC_EOIR1_EL1",
        IccRegister.HighestPending1 => "ICC_HPPIR1_EL1",
        IccRegister.BinaryPoint1 => "ICC_BPR1_EL1",
        IccRegister.Control => "ICC_CTLR_EL1",
        IccRegister.SystemRegisterEnable => "ICC_SRE_EL1",
        IccRegister.GroupEnable0 => "ICC_IGRPEN0_EL1",
        IccRegister.GroupEnable1 => "ICC_IGRPEN1_EL1",
        _ => null,
    };

    /// <summary>What distributors and the second frame of a redistributor have at the same offsets.</summary>
    private static string? Shared(string prefix, uint offset) => offset switch
    {
        >= 0x080 and < 0x400 => Text($"{prefix}_{s_bitRegisters[(offset >> 7) - 1]}{offset >> 2 & 31}"),
        < 0x800 and >= 0x400 => Text($"{prefix}_IPRIORITYR{(offset - 0x400) / 4}{Byte(offset)}"),
        >= 0xC00 and < 0xD00 => Text($"{prefix}_ICFGR{(offset - 0xC00) / 4}"),
        _ => null,
    };

    private static string? Distributor(uint offset) => offset switch
    {
        0x000 => "GICD_CTLR",
        0x004 => "GICD_TYPER",
        0x008 => "GICD_IIDR",
        0x00C => "GICD_TYPER2",
        0x010 => "GICD_STATUSR",
        >= 0x800 and < 0xC00 => Text($"GICD_ITARGETSR{(offset - 0x800) / 4}{Byte(offset)}"),
        0xF00 => "GICD_SGIR",
        >= 0xF10 and < 0xF20 => Text($"GICD_CPENDSGIR{(offset - 0xF10) / 4}{Byte(offset)}"),
        >= 0xF20 and < 0xF30 => Text($"GICD_SPENDSGIR{(offset - 0xF20) / 4}{Byte(offset)}"),
        0xFE8 or 0xFFE8 => "GICD_PIDR2",
        >= 0x6100 and < 0x7FE0 => Text($"GICD_IROUTER{(offset - 0x6000) / 8}{((offset & 4) != 0 ? "[63:32]" : string.Empty)}"),
        _ => null,
    };

    private static string? CpuInterface(uint offset) => offset switch
    {
        GiccOffsets.Control => "GICC_CTLR",
        GiccOffsets.PriorityMask => "GICC_PMR",
        GiccOffsets.BinaryPoint => "GICC_BPR",
        GiccOffsets.Acknowledge => "GICC_IAR",
        GiccOffsets.EndOfInterrupt => "GICC_EOIR",
        GiccOffsets.RunningPriority => "GICC_RPR",
        GiccOffsets.HighestPending => "GICC_HPPIR",
        GiccOffsets.AliasBinaryPoint => "GICC_ABPR",
        GiccOffsets.AliasAcknowledge => "GICC_AIAR",
        GiccOffsets.AliasEndOfInterrupt => "GICC_AEOIR",
        GiccOffsets.AliasHighestPending => "GICC_AHPPIR",
        >= GiccOffsets.ActivePriorities and < GiccOffsets.ActivePriorities + 16 =>
            Text($"GICC_APR{(offset - GiccOffsets.ActivePriorities) / 4}"),
        >= GiccOffsets.NonSecureActivePriorities and < GiccOffsets.NonSecureActivePriorities + 16 =>
            Text($"GICC_NSAPR{(offset - GiccOffsets.NonSecureActivePriorities) / 4}"),
        GiccOffsets.Identification => "GICC_IIDR",
        GiccOffsets.Deactivate => "GICC_DIR",
        _ => null,
    };

    private static string? Redistributor(uint offset) => offset switch
    {
        0x0000 => "GICR_CTLR",
        0x0004 => "GICR_IIDR",
        0x0008 => "GICR_TYPER",
        0x000C => "GICR_TYPER[63:32]",
        0x0010 => "GICR_STATUSR",
        0x0014 => "GICR_WAKER",
        0x0070 => "GICR_PROPBASER",
        0x0074 => "GICR_PROPBASER[63:32]",
        0x0078 => "GICR_PENDBASER",
        0x007C => "GICR_PENDBASER[63:32]",
        0xFFE8 => "GICR_PIDR2",
        _ => null,
    };

    /// <summary>Which byte of a register of four.</summary>
    private static string Byte(uint offset) => (offset & 3) == 0 ? string.Empty : Text($" byte {offset & 3}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
