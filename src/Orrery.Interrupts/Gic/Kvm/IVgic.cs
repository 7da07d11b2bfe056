namespace Orrery.Interrupts.Gic.Kvm;

/// <summary>A controller whose registers user space reads and writes as attributes of a KVM device.</summary>
public interface IVgic
{
    /// <summary>HAS_DEVICE_ATTR of a register attribute.</summary>
    KvmErrno HasAttribute(VgicAttribute attribute);

    /// <summary>GET_DEVICE_ATTR of a register attribute. Changes nothing.</summary>
    AttributeReading GetAttribute(VgicAttribute attribute);

    /// <summary>SET_DEVICE_ATTR of a register attribute. An error means that nothing changed.</summary>
    KvmErrno SetAttribute(VgicAttribute attribute, ulong value);
}
