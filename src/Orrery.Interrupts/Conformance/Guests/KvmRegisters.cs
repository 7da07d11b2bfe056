namespace Orrery.Interrupts.Conformance.Guests;

/// <summary>The registers of a vCPU as KVM_GET_ONE_REG and KVM_SET_ONE_REG name them (Linux, arch/arm64/include/uapi/asm/kvm.h).</summary>
internal static class KvmRegisters
{
    // KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE, then an index of 32-bit words into struct kvm_regs.
    private const ulong Core = 0x6030_0000_0010_0000;

    // KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG, then the encoding of the register.
    private const ulong System = 0x6030_0000_0013_0000;

    private const int GeneralRegisters = 31;
    private const int WordsPerRegister = 2;

    public const ulong Pc = Core + 0x40;
    public const ulong ProcessorState = Core + 0x42;

    /// <summary>Offset of <c>immediate_exit</c> in struct kvm_run.</summary>
    public const int ImmediateExitOffset = 1;

    /// <summary>What guest programs depend on: general registers, where they are, and where their vectors are.</summary>
    public static ulong[] Saved { get; } =
    [
        .. Enumerable.Range(0, GeneralRegisters).Select(i => Core + (ulong)(i * WordsPerRegister)),
        Pc, ProcessorState, Of(A64.SystemRegisters.Vbar),
    ];

    /// <summary>The identifier of a system register.</summary>
    public static ulong Of(A64.SystemRegister register) => System | register.Encoding;
}
