using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Gic.V2;

/// <content>
/// The registers as KVM's attributes show them to user space while no vCPU runs; it differs from what the guest sees
/// (Linux 6.12, <c>vgic-mmio-v2.c</c>).
/// </content>
public sealed partial class GicV2 : IVgic
{
    /// <summary>KVM ignores group writes until user space has written IIDR: older ones reported groups wrongly.</summary>
    private bool _groupsWritable;

    /// <inheritdoc/>
    public KvmErrno HasAttribute(VgicAttribute attribute) => VgicRegions.HasV2(attribute, CpuCount, IntidCount);

    /// <inheritdoc/>
    public AttributeReading GetAttribute(VgicAttribute attribute)
    {
        if (attribute.Group is not (VgicGroup.Distributor or VgicGroup.CpuInterface))
        {
            return AttributeReading.Failed(KvmErrno.NoSuchAttribute);
        }

        if (!IsCpu(attribute.Vcpu))
        {
            return AttributeReading.Failed(KvmErrno.Invalid);
        }

        // What HAS_ATTR does not know, GET reads as zero.
        if (HasAttribute(attribute) != KvmErrno.None)
        {
            return AttributeReading.Of(0);
        }

        return AttributeReading.Of(attribute.Group == VgicGroup.CpuInterface
            ? ReadCpuInterfaceFromUserspace(attribute.Vcpu, attribute.Offset)
            : ReadDistributor(new RegisterAccess(attribute.Vcpu, GicFrame.Distributor, attribute.Offset, 4)).Value);
    }

    /// <inheritdoc/>
    public KvmErrno SetAttribute(VgicAttribute attribute, ulong value)
    {
        if (attribute.Group is not (VgicGroup.Distributor or VgicGroup.CpuInterface))
        {
            return KvmErrno.NoSuchAttribute;
        }

        if (!IsCpu(attribute.Vcpu))
        {
            return KvmErrno.Invalid;
        }

        if (HasAttribute(attribute) != KvmErrno.None)
        {
            return KvmErrno.None;
        }

        if (attribute.Group == VgicGroup.CpuInterface)
        {
            WriteCpuInterfaceFromUserspace(attribute.Vcpu, attribute.Offset, (uint)value);
            return KvmErrno.None;
        }

        return WriteDistributorFromUserspace(attribute.Vcpu, attribute.Offset, (uint)value);
    }

    private KvmErrno WriteDistributorFromUserspace(int cpu, uint offset, uint value)
    {
        var access = new RegisterAccess(cpu, GicFrame.Distributor, offset, 4);
        var register = (BitRegister)(offset >> 7);
        int word = (int)(offset >> 2 & 31);
        int bank = Interrupts.BankOfWord(cpu, Math.Min(word, Interrupts.WordCount - 1));
        uint writable = InterruptTable.Implemented(word);
        switch (register)
        {
            case 0 when offset == 0x008:
                if (!IsAcceptableId(value))
                {
                    return KvmErrno.Invalid;
                }

                _groupsWritable = true;
                ImplementerId = value;
                return KvmErrno.None;

            case BitRegister.Group when !_groupsWritable:
                return KvmErrno.None;

            case BitRegister.SetPending or BitRegister.ClearPending:
                SetPendingFromUserspace(cpu, bank, value & writable, register == BitRegister.SetPending);
                return KvmErrno.None;

            case BitRegister.SetActive or BitRegister.ClearActive:
                SetActiveFromUserspace(bank, value & writable, register == BitRegister.SetActive);
                return KvmErrno.None;

            default:
                WriteDistributor(access, value);
                return KvmErrno.None;
        }
    }

    /// <summary>Bits of SGIs count: set takes the accessing vCPU as source, clear drops every source.</summary>
    private void SetPendingFromUserspace(int cpu, int bank, uint mask, bool pending)
    {
        Interrupts.WriteBits(pending ? BitRegister.SetPending : BitRegister.ClearPending, bank, mask, mask);
        for (uint sgi = 0; bank < CpuCount && sgi < Intid.SgiCount; sgi++)
        {
            if ((mask >> (int)sgi & 1) == 0)
            {
                continue;
            }

            if (pending)
            {
                SetSgiPending(bank, sgi, (byte)(1 << cpu));
            }
            else
            {
                ClearSgiPending(bank, sgi, 0xFF);
            }
        }
    }

    /// <summary>
    /// An interrupt mapped to hardware keeps its state: the write succeeds and does nothing. The source of an active SGI
    /// cannot be named: it becomes vCPU 0.
    /// </summary>
    private void SetActiveFromUserspace(int bank, uint mask, bool active)
    {
        mask &= ~Interrupts.Mapped(bank);
        Interrupts.WriteBits(active ? BitRegister.SetActive : BitRegister.ClearActive, bank, mask, mask);
        if (bank < CpuCount)
        {
            SetSgiActive(bank, mask & 0xFFFF, active ? (byte)1 : (byte)0);
        }
    }

    private uint ReadCpuInterfaceFromUserspace(int cpu, uint offset)
    {
        CpuInterface state = Cpus[cpu];
        return offset switch
        {
            GiccOffsets.Control => ReadControl(state),
            GiccOffsets.PriorityMask => (uint)state.PriorityMask >> 3,
            GiccOffsets.BinaryPoint => state.BinaryPoint0,
            GiccOffsets.AliasBinaryPoint => state.BinaryPoint1,
            GiccOffsets.ActivePriorities => state.Active0.Register(0) | state.Active1.Register(0),
            GiccOffsets.Identification => _options.CpuInterfaceId,
            _ => 0,
        };
    }

    /// <summary>PMR is its upper five bits; there is one active priority register for both groups.</summary>
    private void WriteCpuInterfaceFromUserspace(int cpu, uint offset, uint value)
    {
        CpuInterface state = Cpus[cpu];
        switch (offset)
        {
            case GiccOffsets.Control:
                WriteControl(state, value);
                break;
            case GiccOffsets.PriorityMask:
                state.PriorityMask = (byte)(value << 3);
                break;
            case GiccOffsets.BinaryPoint:
                state.BinaryPoint0 = (byte)(value & 7);
                break;
            case GiccOffsets.AliasBinaryPoint:
                state.BinaryPoint1 = (byte)(value & 7);
                break;
            case GiccOffsets.ActivePriorities:
                state.Active0 = default;
                state.Active1 = default;
                state.Active0.SetRegister(0, value & Format.ActiveRegisterMask);
                break;
        }
    }
}
