using Orrery.Interrupts.Gic.V3;

namespace Orrery.Interrupts.Gic.Kvm;

/// <summary>
/// Names one attribute of a KVM GIC device, in the kernel's encoding (<c>struct kvm_device_attr</c>).
/// </summary>
/// <param name="Group">The group.</param>
/// <param name="Attr">The number within the group.</param>
/// <remarks>
/// The affinity in the upper half of a GICv3 attribute is Aff3 in [63:56] down to Aff0 in [39:32]; this is not the layout
/// of MPIDR, where Aff3 lies apart from the others.
/// </remarks>
public readonly record struct VgicAttribute(VgicGroup Group, ulong Attr)
{
    /// <summary>CTRL: initialise.</summary>
    public const ulong ControlInit = 0;

    /// <summary>CTRL: flush the pending LPIs to guest memory.</summary>
    public const ulong ControlSavePendingTables = 3;

    /// <summary>[31:0] of a register attribute: the offset, or the encoding of a system register.</summary>
    public uint Offset => (uint)Attr;

    /// <summary>[39:32] of a GICv2 register attribute: the number of the vCPU.</summary>
    public int Vcpu => (int)(Attr >> 32 & 0xFF);

    /// <summary>[63:32] of a GICv3 attribute.</summary>
    public Affinity Affinity => Affinity.FromPacked((uint)(Attr >> 32));

    /// <summary>[9:0] of LEVEL_INFO: the first of 32 INTIDs.</summary>
    public uint LevelIntid => (uint)Attr & 0x3FF;

    /// <summary>[31:10] of LEVEL_INFO: what is asked; 0 is the line.</summary>
    public uint LevelInfo => (uint)Attr >> 10;

    /// <summary>A distributor register of a GICv2, as a vCPU sees it.</summary>
    public static VgicAttribute DistributorV2(int vcpu, uint offset) => new(VgicGroup.Distributor, (ulong)(uint)vcpu << 32 | offset);

    /// <summary>A register of a vCPU's GICv2 CPU interface.</summary>
    public static VgicAttribute CpuInterface(int vcpu, uint offset) => new(VgicGroup.CpuInterface, (ulong)(uint)vcpu << 32 | offset);

    /// <summary>A distributor register of a GICv3.</summary>
    public static VgicAttribute Distributor(uint offset) => new(VgicGroup.Distributor, offset);

    /// <summary>A register of RD_base, or of SGI_base with 0x10000 added.</summary>
    public static VgicAttribute Redistributor(Affinity affinity, uint offset) =>
        new(VgicGroup.Redistributor, (ulong)affinity.Packed << 32 | offset);

    /// <summary>A system register.</summary>
    public static VgicAttribute SystemRegister(Affinity affinity, IccRegister register) =>
        new(VgicGroup.SystemRegister, (ulong)affinity.Packed << 32 | (uint)register);

    /// <summary>The lines of 32 interrupts.</summary>
    public static VgicAttribute LineLevel(Affinity affinity, uint firstIntid) =>
        new(VgicGroup.LineLevel, (ulong)affinity.Packed << 32 | firstIntid);

    /// <summary>As in <c>DIST_REGS 0x0000000000000104</c>.</summary>
    public override string ToString() => $"{Group.KernelName()} 0x{Attr:X16}";
}

/// <summary>An attribute and its value.</summary>
public readonly record struct AttributeValue(VgicAttribute Attribute, ulong Value)
{
    /// <summary>As in <c>DIST_REGS 0x0000000000000104 = 0x1</c>.</summary>
    public override string ToString() => $"{Attribute} = 0x{Value:X}";
}

/// <summary>The answer to a GET of an attribute: a value or an error.</summary>
/// <param name="Error">Why there is no value.</param>
/// <param name="Value">The value; 0 where there is none.</param>
public readonly record struct AttributeReading(KvmErrno Error, ulong Value)
{
    /// <summary>An answer.</summary>
    public static AttributeReading Of(ulong value) => new(KvmErrno.None, value);

    /// <summary>No answer.</summary>
    public static AttributeReading Failed(KvmErrno error) => new(error, 0);
}
