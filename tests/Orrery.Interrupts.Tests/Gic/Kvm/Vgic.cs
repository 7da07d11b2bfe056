using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V3;
using Xunit;

namespace Orrery.Interrupts.Tests.Gic.Kvm;

/// <summary>A KVM GIC device, made ready in the usual way, and its attributes in short.</summary>
internal static class Vgic
{
    public static KvmVgic New(VgicKind kind, int vcpus = 1, uint intids = 96, bool initialise = true)
    {
        var device = new KvmVgic(new KvmVgicOptions { Kind = kind });
        for (int i = 0; i < vcpus; i++)
        {
            Assert.Equal(KvmErrno.None, device.CreateVcpu());
        }

        ulong distributor = kind == VgicKind.GicV2 ? 0u : 2u;
        ulong other = kind == VgicKind.GicV2 ? 1u : 3u;
        Set(device, new(VgicGroup.IntidCount, 0), intids);
        Set(device, new(VgicGroup.Address, distributor), 0x0800_0000);
        Set(device, new(VgicGroup.Address, other), 0x080A_0000);
        if (initialise)
        {
            Set(device, new(VgicGroup.Control, VgicAttribute.ControlInit), 0);
        }

        return device;
    }

    public static void Set(KvmVgic device, VgicAttribute attribute, ulong value) =>
        Assert.Equal(KvmErrno.None, device.SetAttribute(attribute, value));

    public static ulong Get(KvmVgic device, VgicAttribute attribute)
    {
        AttributeReading reading = device.GetAttribute(attribute);
        Assert.Equal(KvmErrno.None, reading.Error);
        return reading.Value;
    }

    /// <summary>A register of the SGI frame of vCPU 0's redistributor.</summary>
    public static VgicAttribute Sgi(uint offset, int vcpu = 0) => VgicAttribute.Redistributor(Affinity.OfVcpu(vcpu), 0x1_0000 + offset);

    public static VgicAttribute Icc(IccRegister register, int vcpu = 0) => VgicAttribute.SystemRegister(Affinity.OfVcpu(vcpu), register);
}
