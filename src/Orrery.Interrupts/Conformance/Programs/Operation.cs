using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Programs;

/// <summary>What an <see cref="Operation"/> does, and who does it: a vCPU's guest, or the VMM on the host.</summary>
public enum OperationKind : byte
{
    /// <summary>Guest: reads a memory-mapped register.</summary>
    Read,

    /// <summary>Guest: writes a memory-mapped register.</summary>
    Write,

    /// <summary>Guest: reads a system register (MRS).</summary>
    ReadSystem,

    /// <summary>Guest: writes a system register (MSR).</summary>
    WriteSystem,

    /// <summary>Guest: acknowledges (IAR) and remembers what it read in a slot.</summary>
    Acknowledge,

    /// <summary>Guest: writes a slot's value to EOIR.</summary>
    EndOfInterrupt,

    /// <summary>Guest: writes a slot's value to DIR.</summary>
    Deactivate,

    /// <summary>Guest: unmasks interrupts, lets its handler acknowledge and end a number of them at most, masks them again.</summary>
    TakeInterrupts,

    /// <summary>Host: KVM_SET_DEVICE_ATTR on the interrupt controller.</summary>
    SetAttribute,

    /// <summary>Host: KVM_GET_DEVICE_ATTR on the interrupt controller.</summary>
    GetAttribute,

    /// <summary>Host: KVM_HAS_DEVICE_ATTR on the interrupt controller.</summary>
    HasAttribute,

    /// <summary>Host: drives a line (KVM_IRQ_LINE, types SPI and PPI).</summary>
    SetLine,

    /// <summary>Host: saves everything, restores it into a new machine, and goes on with that one.</summary>
    Migrate,
}

/// <summary>One operation of a conformance program. A plain value; which fields mean something is said by the kind.</summary>
public readonly record struct Operation
{
    /// <summary>Slots that a vCPU remembers acknowledged interrupts in.</summary>
    public const int SlotCount = 8;

    /// <summary>The most interrupts that one <see cref="OperationKind.TakeInterrupts"/> may take.</summary>
    public const int TakeLimit = 32;

    private Operation(OperationKind kind) => Kind = kind;

    /// <summary>What is done.</summary>
    public OperationKind Kind { get; private init; }

    /// <summary>Guest operations: whose. Lines of PPIs: the vCPU the line belongs to.</summary>
    public byte Vcpu { get; private init; }

    /// <summary>Memory-mapped registers: which frame.</summary>
    public GicFrame Frame { get; private init; }

    /// <summary>Redistributor frames: whose. Acknowledge to deactivate: the slot. TakeInterrupts: how many at most. Line: the level.</summary>
    public byte Index { get; private init; }

    /// <summary>Bytes of an access or attribute.</summary>
    public byte Width { get; private init; }

    /// <summary>Acknowledge and end: through the register of group 0 (GICv3), or the alias for group 1 (GICv2). TakeInterrupts: the handler also writes DIR.</summary>
    public bool Alternate { get; private init; }

    /// <summary>Offset in a frame, encoding of a system register, group of an attribute, or INTID of a line.</summary>
    public uint Where { get; private init; }

    /// <summary>The attribute within its group.</summary>
    public ulong Attribute { get; private init; }

    /// <summary>What is written.</summary>
    public ulong Value { get; private init; }

    /// <summary>The attribute that the host's operations name.</summary>
    public VgicAttribute Vgic => new((VgicGroup)Where, Attribute);

    /// <summary>The name of the register that is accessed by its address or as an attribute; null if there is none.</summary>
    public string? RegisterName(VgicKind gic) => Kind switch
    {
        OperationKind.Read or OperationKind.Write => RegisterNames.Of(Frame, Where),
        OperationKind.SetAttribute or OperationKind.GetAttribute or OperationKind.HasAttribute => RegisterNames.Of(Vgic, gic),
        _ => null,
    };

    /// <summary>The line that <see cref="OperationKind.SetLine"/> drives.</summary>
    public KvmIrqLine Line => Where < Intid.PrivateCount
        ? new KvmIrqLine(KvmIrqType.Ppi, Vcpu, Where)
        : new KvmIrqLine(KvmIrqType.Spi, 0, Where);

    /// <summary>The vCPU whose view of a frame is accessed: the owner of a redistributor, else the vCPU itself.</summary>
    public int FrameOwner => HasOwner ? Index : Vcpu;

    /// <summary>Whether <see cref="Index"/> is the vCPU whose redistributor is accessed.</summary>
    public bool HasOwner =>
        Kind is OperationKind.Read or OperationKind.Write && Frame is (GicFrame.Redistributor or GicFrame.RedistributorSgi);

    /// <summary>Whether the guest does it.</summary>
    public bool IsGuest => Kind <= OperationKind.TakeInterrupts;

    /// <summary>
    /// Whether KVM handles the access: the vCPU leaves its guest for it. Distributors and redistributors are emulated, and
    /// so are the registers that raise SGIs, and ICC_SRE_EL1.
    /// </summary>
    public bool Traps => Kind switch
    {
        OperationKind.Read or OperationKind.Write => Frame != GicFrame.CpuInterface,
        OperationKind.ReadSystem or OperationKind.WriteSystem =>
            System == SystemRegisters.IccSgi1R || System == SystemRegisters.IccSgi0R || System == SystemRegisters.IccAsgi1R
            || System == SystemRegisters.IccSre,
        _ => false,
    };

    /// <summary>The system register of <see cref="OperationKind.ReadSystem"/> and <see cref="OperationKind.WriteSystem"/>.</summary>
    public SystemRegister System => SystemRegisters.Of((ushort)Where);

    public static Operation Read(int vcpu, GicFrame frame, uint offset, int width, int index = 0) =>
        new(OperationKind.Read) { Vcpu = (byte)vcpu, Frame = frame, Index = (byte)index, Where = offset, Width = (byte)width };

    public static Operation Write(int vcpu, GicFrame frame, uint offset, int width, ulong value, int index = 0) =>
        new(OperationKind.Write)
        {
            Vcpu = (byte)vcpu, Frame = frame, Index = (byte)index, Where = offset, Width = (byte)width, Value = value,
        };

    public static Operation ReadSystem(int vcpu, SystemRegister register) =>
        new(OperationKind.ReadSystem) { Vcpu = (byte)vcpu, Where = register.Encoding };

    public static Operation WriteSystem(int vcpu, SystemRegister register, ulong value) =>
        new(OperationKind.WriteSystem) { Vcpu = (byte)vcpu, Where = register.Encoding, Value = value };

    public static Operation Acknowledge(int vcpu, int slot, bool alternate = false) =>
        new(OperationKind.Acknowledge) { Vcpu = (byte)vcpu, Index = (byte)slot, Alternate = alternate };

    public static Operation EndOfInterrupt(int vcpu, int slot, bool alternate = false) =>
        new(OperationKind.EndOfInterrupt) { Vcpu = (byte)vcpu, Index = (byte)slot, Alternate = alternate };

    public static Operation Deactivate(int vcpu, int slot) =>
        new(OperationKind.Deactivate) { Vcpu = (byte)vcpu, Index = (byte)slot };

    public static Operation TakeInterrupts(int vcpu, int limit, bool deactivate = false) =>
        new(OperationKind.TakeInterrupts) { Vcpu = (byte)vcpu, Index = (byte)limit, Alternate = deactivate };

    public static Operation SetAttribute(VgicGroup group, ulong attribute, int width, ulong value) =>
        new(OperationKind.SetAttribute) { Where = (uint)group, Attribute = attribute, Width = (byte)width, Value = value };

    public static Operation GetAttribute(VgicGroup group, ulong attribute, int width) =>
        new(OperationKind.GetAttribute) { Where = (uint)group, Attribute = attribute, Width = (byte)width };

    public static Operation HasAttribute(VgicGroup group, ulong attribute) =>
        new(OperationKind.HasAttribute) { Where = (uint)group, Attribute = attribute };

    public static Operation SetLine(uint intid, bool level, int vcpu = 0) =>
        new(OperationKind.SetLine) { Where = intid, Index = level ? (byte)1 : (byte)0, Vcpu = (byte)vcpu };

    public static Operation Migrate() => new(OperationKind.Migrate);

    /// <inheritdoc/>
    public override string ToString() => OperationText.Format(this);
}
