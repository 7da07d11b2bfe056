using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V2;

namespace Orrery.Interrupts.Conformance.Generation;

/// <content>What the VMM does with a GICv2, and where a guest strays.</content>
internal sealed partial class GicV2ProgramWriter
{
    private protected override void HostStep()
    {
        int vcpu = Random.OnceIn(20) ? Shape.Vcpus : AnyVcpu();
        switch (Random.Below(10))
        {
            case 0 or 1 or 2 or 3:
            {
                (uint offset, uint bits, _) = AnyBitRegister();
                Access(VgicAttribute.DistributorV2(vcpu, offset), bits);
                break;
            }

            case 4 or 5 or 6:
                HostInterface(vcpu);
                break;
            case 7:
            {
                (uint offset, _) = StrayPlace(0x1000);
                Add(Random.Coin()
                    ? Operation.HasAttribute(VgicGroup.Distributor, VgicAttribute.DistributorV2(vcpu, offset).Attr)
                    : Operation.GetAttribute(VgicGroup.Distributor, VgicAttribute.DistributorV2(vcpu, offset).Attr, 4));
                break;
            }

            default:
                HostDistributor(vcpu);
                break;
        }
    }

    private protected override void Stray(int vcpu)
    {
        (uint offset, int width) = StrayPlace(0x1000);
        ReadOnlySpan<uint> readOnly = [GicOffsets.Type, GicOffsets.ImplementerId, 0xFE8];
        Add(Random.OnceIn(6)
            ? Operation.Write(vcpu, GicFrame.Distributor, Random.Pick(readOnly), 4, Random.Next() & uint.MaxValue)
            : Operation.Read(vcpu, GicFrame.Distributor, offset, width));
    }

    private void HostInterface(int vcpu)
    {
        ReadOnlySpan<uint> offsets =
        [
            GiccOffsets.Control, GiccOffsets.PriorityMask, GiccOffsets.BinaryPoint, GiccOffsets.AliasBinaryPoint,
            GiccOffsets.ActivePriorities, GiccOffsets.ActivePriorities + 4, GiccOffsets.Identification, GiccOffsets.Acknowledge,
        ];
        uint offset = Random.Pick(offsets);
        ulong value = offset switch
        {
            GiccOffsets.Control => Control,
            GiccOffsets.PriorityMask => (ulong)Random.Below(32),
            GiccOffsets.BinaryPoint or GiccOffsets.AliasBinaryPoint => (ulong)Random.Between(3, 7),
            _ => Random.Coin() ? 0 : Random.Next() & Random.Next() & uint.MaxValue,
        };
        Access(VgicAttribute.CpuInterface(vcpu, offset), value);
    }

    private void HostDistributor(int vcpu)
    {
        PoolInterrupt interrupt = AnyInterrupt();
        int what = Random.Below(4);
        if (what == 2 && TryAnySgi(out PoolInterrupt sgi))
        {
            Access(
                VgicAttribute.DistributorV2(vcpu, (Random.Coin() ? GicOffsets.ClearSgiPending : GicOffsets.SetSgiPending) + (sgi.Intid & ~3u)),
                1u << (int)(8 * (sgi.Intid & 3)) << AnyVcpu());
            return;
        }

        HostDistributor(what, offset => VgicAttribute.DistributorV2(vcpu, offset), interrupt);
    }
}
