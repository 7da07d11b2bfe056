using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Guests;

/// <summary>Where everything is in the guest's physical memory.</summary>
internal static class GuestLayout
{
    // KVM_VGIC_V2_ADDR_TYPE_*, KVM_VGIC_V3_ADDR_TYPE_*.
    private const ulong AddressV2Distributor = 0, AddressV2CpuInterface = 1, AddressV3Distributor = 2, AddressV3Redistributors = 3;

    public const ulong Distributor = 0x0800_0000;
    public const ulong CpuInterface = 0x0801_0000;
    public const ulong Redistributors = 0x080A_0000;
    public const ulong RedistributorStride = 0x2_0000;
    public const ulong SgiFrame = 0x1_0000;

    /// <summary>Nothing is mapped here: a store leaves the guest, and says that a vCPU has done what it was to do.</summary>
    public const ulong Exit = 0x0900_0000;

    /// <summary>The exception vectors, then the code of each vCPU. Offsets from the start of RAM.</summary>
    public const int Vectors = 0;
    public const int Code = 0x1000;
    public const int CodeStride = 0xC000;

    /// <summary>What each vCPU remembers: its slots.</summary>
    public const int Slots = 0x3_2000;
    public const int SlotsStride = 0x400;

    /// <summary>What each vCPU reports: one word for each operation, more for taken interrupts.</summary>
    public const int Log = 0x3_4000;
    public const int LogStride = 0x2000;

    public const int RamBytes = 0x4_0000;

    /// <summary>What tells KVM where the frames are.</summary>
    public static AttributeValue[] Addresses(VgicKind gic) => gic == VgicKind.GicV2
        ?
        [
            new AttributeValue(new VgicAttribute(VgicGroup.Address, AddressV2Distributor), Distributor),
            new AttributeValue(new VgicAttribute(VgicGroup.Address, AddressV2CpuInterface), CpuInterface),
        ]
        :
        [
            new AttributeValue(new VgicAttribute(VgicGroup.Address, AddressV3Distributor), Distributor),
            new AttributeValue(new VgicAttribute(VgicGroup.Address, AddressV3Redistributors), Redistributors),
        ];

    public static ulong RamAddress(int offset) => AgentProtocol.RamBase + (ulong)offset;

    public static ulong AddressOf(GicFrame frame, int index, uint offset) => offset + frame switch
    {
        GicFrame.Distributor => Distributor,
        GicFrame.CpuInterface => CpuInterface,
        GicFrame.RedistributorSgi => Redistributors + (ulong)index * RedistributorStride + SgiFrame,
        _ => Redistributors + (ulong)index * RedistributorStride,
    };
}
