namespace Orrery.Interrupts.Gic.Kvm;

/// <summary>Numbers of KVM's interface that several parts need (Linux include/uapi/linux/kvm.h, arch/arm64/include/uapi/asm/kvm.h).</summary>
internal static class KvmNumbers
{
    /// <summary>KVM_DEV_TYPE_ARM_VGIC_V2.</summary>
    public const uint DeviceGicV2 = 5;

    /// <summary>KVM_DEV_TYPE_ARM_VGIC_V3.</summary>
    public const uint DeviceGicV3 = 7;

    /// <summary>KVM_DEV_TYPE_ARM_VGIC_ITS.</summary>
    public const uint DeviceIts = 8;

    /// <summary>KVM_ARM_VCPU_PSCI_0_2, as a bit.</summary>
    public const uint FeaturePsci = 1 << 2;

    /// <summary>KVM_EXIT_MMIO.</summary>
    public const uint ExitMmio = 6;

    /// <summary>KVM_EXIT_INTR.</summary>
    public const uint ExitIntr = 10;

    /// <summary>The type of the device that is this controller.</summary>
    public static uint DeviceOf(VgicKind kind) => kind == VgicKind.GicV3 ? DeviceGicV3 : DeviceGicV2;
}
