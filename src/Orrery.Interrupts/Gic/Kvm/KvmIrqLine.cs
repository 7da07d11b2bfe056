namespace Orrery.Interrupts.Gic.Kvm;

/// <summary>[27:24] of KVM_IRQ_LINE's <c>irq</c>.</summary>
public enum KvmIrqType
{
    /// <summary>The IRQ (0) or FIQ (1) input of a vCPU.</summary>
    Cpu = 0,

    /// <summary>An SPI, by INTID.</summary>
    Spi = 1,

    /// <summary>A PPI of a vCPU, by INTID.</summary>
    Ppi = 2,
}

/// <summary>
/// The <c>irq</c> field of KVM_IRQ_LINE on arm64: [31:28] high part and [23:16] low part of the vCPU, [27:24] type,
/// [15:0] id (Linux <c>Documentation/virt/kvm/api.rst</c>, 4.25).
/// </summary>
public readonly record struct KvmIrqLine(KvmIrqType Type, int Vcpu, uint Id)
{
    /// <summary>Takes the field apart.</summary>
    public static KvmIrqLine Decode(uint irq) =>
        new((KvmIrqType)(irq >> 24 & 0xF), (int)((irq >> 28 & 0xF) * 256 + (irq >> 16 & 0xFF)), irq & 0xFFFF);

    /// <summary>The inverse of <see cref="Decode"/>.</summary>
    public uint Encode() => (uint)(Vcpu / 256) << 28 | (uint)Type << 24 | (uint)(Vcpu % 256) << 16 | Id & 0xFFFF;

    /// <summary>
    /// What KVM_IRQ_LINE answers for a VM without a GIC in the kernel: only the inputs of existing CPUs can be driven.
    /// </summary>
    public KvmErrno CheckWithoutGic(int vcpus) => Type switch
    {
        KvmIrqType.Cpu => Vcpu < vcpus && Id <= 1 ? KvmErrno.None : KvmErrno.Invalid,
        KvmIrqType.Spi or KvmIrqType.Ppi => KvmErrno.NoSuchAttribute,
        _ => KvmErrno.Invalid,
    };
}
