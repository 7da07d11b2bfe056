namespace Orrery.Interrupts.Gic.Kvm;

/// <summary>The GIC devices of KVM.</summary>
public enum VgicKind : byte
{
    /// <summary>KVM_DEV_TYPE_ARM_VGIC_V2.</summary>
    GicV2 = 2,

    /// <summary>KVM_DEV_TYPE_ARM_VGIC_V3.</summary>
    GicV3 = 3,
}
