using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V3;

namespace Orrery.Interrupts.Conformance.Generation;

/// <content>What the VMM does with a GICv3, and where a guest strays.</content>
internal sealed partial class GicV3ProgramWriter
{
    private const uint SgiFrame = 0x1_0000;

    private static readonly IccRegister[] Registers =
    [
        IccRegister.PriorityMask, IccRegister.BinaryPoint0, IccRegister.BinaryPoint1, IccRegister.Control, IccRegister.GroupEnable0,
        IccRegister.GroupEnable1, IccRegister.ActivePriorities0, IccRegister.ActivePriorities1, IccRegister.ActivePriorities1 + 1,
        IccRegister.SystemRegisterEnable, IccRegister.Acknowledge1, IccRegister.RunningPriority,
    ];

    private protected override void HostStep()
    {
        // One vCPU more than there are: its affinity names none.
        var affinity = Affinity.OfVcpu(Random.OnceIn(20) ? Shape.Vcpus : AnyVcpu());
        switch (Random.Below(10))
        {
            case 0 or 1 or 2 or 3:
            {
                (uint offset, uint bits, PoolInterrupt interrupt) = AnyBitRegister();
                Access(
                    interrupt.IsPrivate ? VgicAttribute.Redistributor(affinity, SgiFrame + offset) : VgicAttribute.Distributor(offset),
                    bits);
                break;
            }

            case 4:
            {
                PoolInterrupt interrupt = AnyInterrupt();
                Access(VgicAttribute.LineLevel(affinity, interrupt.Intid & ~31u), Random.Coin() ? interrupt.Bit : 0);
                break;
            }

            case 5 or 6:
                HostSystemRegister(affinity);
                break;
            case 7:
                HostLook(affinity);
                break;
            default:
                HostDistributor();
                break;
        }
    }

    private protected override void Stray(int vcpu)
    {
        GicFrame frame = Random.Below(3) switch
        {
            0 => GicFrame.Redistributor,
            1 => GicFrame.RedistributorSgi,
            _ => GicFrame.Distributor,
        };
        (uint offset, int width) = StrayPlace(frame == GicFrame.Distributor && Random.Coin() ? 0x10000u : 0x1000);
        int owner = frame == GicFrame.Distributor ? 0 : AnyVcpu();
        ReadOnlySpan<uint> readOnly = [GicOffsets.Type, GicOffsets.ImplementerId, 0xFFE8];
        Add(Random.OnceIn(6)
            ? Operation.Write(vcpu, frame, Random.Pick(readOnly), 4, Random.Next() & uint.MaxValue, owner)
            : Operation.Read(vcpu, frame, offset, width, owner));
    }

    private void HostSystemRegister(Affinity affinity)
    {
        IccRegister register = Registers[Random.Below(Registers.Length)];
        ulong value = register switch
        {
            IccRegister.PriorityMask => (ulong)Random.Below(32) << 3,
            IccRegister.BinaryPoint0 or IccRegister.BinaryPoint1 => (ulong)Random.Below(8),
            // 5 priority bits, 24 bits of INTID, A3V; sometimes more or fewer than there are.
            IccRegister.Control => 0x8C00 ^ (Random.OnceIn(3) ? Random.Next() & 0xFF00 : 0) | (uint)Random.Below(4),
            IccRegister.SystemRegisterEnable => (ulong)Random.Below(8),
            IccRegister.GroupEnable0 or IccRegister.GroupEnable1 => (ulong)Random.Below(2),
            _ => Random.OnceIn(2) ? 0 : Random.Next() & Random.Next() & uint.MaxValue,
        };
        Access(VgicAttribute.SystemRegister(affinity, register), value);
    }

    private void HostDistributor()
    {
        PoolInterrupt interrupt = AnyInterrupt();
        switch (Random.Below(5))
        {
            case 2 when !interrupt.IsPrivate:
                Access(VgicAttribute.Distributor(GicOffsets.Routing + 8 * interrupt.Intid), (ulong)AnyVcpu());
                break;
            case 3 when !interrupt.IsPrivate:
                Add(Operation.GetAttribute(VgicGroup.Distributor, VgicAttribute.Distributor(GicOffsets.Configuration + interrupt.Intid / 16 * 4).Attr, 4));
                break;
            case int what:
                HostDistributor(what, VgicAttribute.Distributor, interrupt);
                break;
        }
    }

    /// <summary>Gets, or asks for, a register anywhere: identification, reserved, misaligned.</summary>
    private void HostLook(Affinity affinity)
    {
        (uint offset, _) = StrayPlace(Random.Coin() ? 0x1000u : 0x1_0000);
        VgicAttribute attribute = Random.Coin()
            ? VgicAttribute.Distributor(offset)
            : VgicAttribute.Redistributor(affinity, offset + (Random.Coin() ? SgiFrame : 0));
        Add(Random.Coin()
            ? Operation.HasAttribute(attribute.Group, attribute.Attr)
            : Operation.GetAttribute(attribute.Group, attribute.Attr, 4));
    }
}
