namespace Orrery.Interrupts.Gic.Virtual;

/// <summary>What a list register holds: one interrupt of the guest, as its hypervisor put it there. A plain value.</summary>
/// <param name="Intid">The virtual INTID, which the guest sees.</param>
/// <param name="Priority">Its priority; a GICv2's list register keeps the upper five bits.</param>
public readonly record struct VirtualInterrupt(uint Intid, byte Priority)
{
    private const uint IntidMaskV2 = 0x3FF;
    private const int SecondShiftV2 = 10, PriorityShiftV2 = 23, StateShiftV2 = 28, GroupShiftV2 = 30, HardwareShiftV2 = 31;
    private const int MaintenanceShiftV2 = 19, PriorityDroppedBits = 3;
    private const int SecondShiftV3 = 32, MaintenanceShiftV3 = 41, PriorityShiftV3 = 48, GroupShiftV3 = 60, HardwareShiftV3 = 61, StateShiftV3 = 62;

    /// <summary>Pending: the guest may acknowledge it, unless it is active, too.</summary>
    public bool Pending { get; init; }

    /// <summary>Active: the guest handles it.</summary>
    public bool Active { get; init; }

    /// <summary>Group 1, else group 0.</summary>
    public bool Group1 { get; init; }

    /// <summary>HW: the guest's deactivation is that of <see cref="PhysicalIntid"/>, too.</summary>
    public bool Hardware { get; init; }

    /// <summary>With <see cref="Hardware"/>: the physical INTID.</summary>
    public uint PhysicalIntid { get; init; }

    /// <summary>Without <see cref="Hardware"/>, GICv2: the source CPU of an SGI.</summary>
    public uint SourceCpu { get; init; }

    /// <summary>Without <see cref="Hardware"/>: its deactivation is a maintenance interrupt.</summary>
    public bool EoiMaintenance { get; init; }

    /// <summary>Neither pending nor active.</summary>
    public bool IsInvalid => !Pending && !Active;

    /// <summary>Its deactivation waits to be seen by the hypervisor: a bit of EISR.</summary>
    public bool IsEnded => IsInvalid && !Hardware && EoiMaintenance;

    /// <summary>The register may be used for another interrupt: a bit of ELRSR.</summary>
    public bool IsEmpty => IsInvalid && !IsEnded;

    /// <summary>
    /// GICH_LRn: [9:0] virtual INTID, [19:10] physical INTID or [12:10] source CPU and [19] maintenance, [27:23] priority,
    /// [29:28] state, [30] group, [31] HW (IHI 0048 5.3.11).
    /// </summary>
    public uint EncodeV2() =>
        (Intid & IntidMaskV2)
        | (Hardware ? (PhysicalIntid & IntidMaskV2) << SecondShiftV2 : (SourceCpu & 7) << SecondShiftV2 | Bit(EoiMaintenance, MaintenanceShiftV2))
        | (uint)(Priority >> PriorityDroppedBits) << PriorityShiftV2
        | Bit(Pending, StateShiftV2) | Bit(Active, StateShiftV2 + 1) | Bit(Group1, GroupShiftV2) | Bit(Hardware, HardwareShiftV2);

    /// <summary>The inverse of <see cref="EncodeV2"/>; reserved bits are dropped.</summary>
    public static VirtualInterrupt DecodeV2(uint value)
    {
        bool hardware = IsSet(value, HardwareShiftV2);
        return new VirtualInterrupt(value & IntidMaskV2, (byte)((value >> PriorityShiftV2 & 0x1F) << PriorityDroppedBits))
        {
            Pending = IsSet(value, StateShiftV2),
            Active = IsSet(value, StateShiftV2 + 1),
            Group1 = IsSet(value, GroupShiftV2),
            Hardware = hardware,
            PhysicalIntid = hardware ? value >> SecondShiftV2 & IntidMaskV2 : 0,
            SourceCpu = hardware ? 0 : value >> SecondShiftV2 & 7,
            EoiMaintenance = !hardware && IsSet(value, MaintenanceShiftV2),
        };
    }

    /// <summary>
    /// ICH_LRn_EL2: [31:0] virtual INTID, [41:32] physical INTID or [41] maintenance, [55:48] priority, [60] group, [61] HW,
    /// [62] pending, [63] active (IHI 0069 12.4.9).
    /// </summary>
    public ulong EncodeV3() =>
        Intid
        | (Hardware ? (ulong)(PhysicalIntid & IntidMaskV2) << SecondShiftV3 : Bit64(EoiMaintenance, MaintenanceShiftV3))
        | (ulong)Priority << PriorityShiftV3
        | Bit64(Group1, GroupShiftV3) | Bit64(Hardware, HardwareShiftV3) | Bit64(Pending, StateShiftV3) | Bit64(Active, StateShiftV3 + 1);

    /// <summary>The inverse of <see cref="EncodeV3"/>; reserved bits are dropped, of the priority the unimplemented ones.</summary>
    public static VirtualInterrupt DecodeV3(ulong value)
    {
        bool hardware = IsSet(value, HardwareShiftV3);
        return new VirtualInterrupt((uint)value, (byte)(value >> PriorityShiftV3 & 0xF8))
        {
            Pending = IsSet(value, StateShiftV3),
            Active = IsSet(value, StateShiftV3 + 1),
            Group1 = IsSet(value, GroupShiftV3),
            Hardware = hardware,
            PhysicalIntid = hardware ? (uint)(value >> SecondShiftV3) & IntidMaskV2 : 0,
            EoiMaintenance = !hardware && IsSet(value, MaintenanceShiftV3),
        };
    }

    private static uint Bit(bool value, int shift) => value ? 1u << shift : 0;

    private static ulong Bit64(bool value, int shift) => value ? 1UL << shift : 0;

    private static bool IsSet(ulong value, int shift) => (value >> shift & 1) != 0;
}
