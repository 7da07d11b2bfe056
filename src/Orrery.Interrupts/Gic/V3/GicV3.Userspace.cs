using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Gic.V3;

/// <content>
/// The registers as KVM's attributes show them to user space while no vCPU runs; it differs from what the guest sees
/// (Linux 6.12, <c>vgic-mmio-v3.c</c> and <c>vgic-sys-reg-v3.c</c>).
/// </content>
public sealed partial class GicV3 : IVgic
{
    private const uint SgiFrameOffset = 0x1_0000;
    /// <inheritdoc/>
    public KvmErrno HasAttribute(VgicAttribute attribute) => VgicRegions.HasV3(attribute, _affinities, IntidCount);

    /// <inheritdoc/>
    public AttributeReading GetAttribute(VgicAttribute attribute)
    {
        int cpu = attribute.Group == VgicGroup.Distributor ? 0 : CpuOf(attribute.Affinity);
        if (attribute.Group is not (VgicGroup.Distributor or VgicGroup.Redistributor or VgicGroup.SystemRegister or VgicGroup.LineLevel))
        {
            return AttributeReading.Failed(KvmErrno.NoSuchAttribute);
        }

        if (cpu < 0)
        {
            return AttributeReading.Failed(KvmErrno.Invalid);
        }

        switch (attribute.Group)
        {
            case VgicGroup.SystemRegister:
                return GetSystemRegister(cpu, (IccRegister)attribute.Offset);
            case VgicGroup.LineLevel:
                return attribute.LevelInfo != 0 || attribute.LevelIntid % 32 != 0
                    ? AttributeReading.Failed(KvmErrno.Invalid)
                    : AttributeReading.Of(ReadLines(cpu, (int)attribute.LevelIntid / 32));
            default:
                // What HAS_ATTR does not know, GET reads as zero.
                return AttributeReading.Of(HasAttribute(attribute) == KvmErrno.None ? ReadFromUserspace(cpu, attribute) : 0);
        }
    }

    /// <inheritdoc/>
    public KvmErrno SetAttribute(VgicAttribute attribute, ulong value)
    {
        int cpu = attribute.Group == VgicGroup.Distributor ? 0 : CpuOf(attribute.Affinity);
        if (attribute.Group is not (VgicGroup.Distributor or VgicGroup.Redistributor or VgicGroup.SystemRegister or VgicGroup.LineLevel))
        {
            return KvmErrno.NoSuchAttribute;
        }

        if (cpu < 0)
        {
            return KvmErrno.Invalid;
        }

        switch (attribute.Group)
        {
            case VgicGroup.SystemRegister:
                return SetSystemRegister(cpu, (IccRegister)attribute.Offset, value);
            case VgicGroup.LineLevel:
                if (attribute.LevelInfo != 0 || attribute.LevelIntid % 32 != 0)
                {
                    return KvmErrno.Invalid;
                }

                WriteLines(cpu, (int)attribute.LevelIntid / 32, (uint)value);
                return KvmErrno.None;
            default:
                return HasAttribute(attribute) == KvmErrno.None ? WriteFromUserspace(cpu, attribute, (uint)value) : KvmErrno.None;
        }
    }

    /// <summary>
    /// CTRL SAVE_PENDING_TABLES: pending LPIs are written to the tables in guest memory, which must be done before that
    /// memory is copied.
    /// </summary>
    public KvmErrno SavePendingTables() =>
        _lpis.TrySavePending() ? KvmErrno.None : KvmErrno.Fault;

    private int CpuOf(Affinity affinity) => CpuOf(affinity.Packed);

    /// <summary>The bit register that an attribute names, and its bank; false if it names another register.</summary>
    private bool IsBitRegister(int cpu, VgicAttribute attribute, out BitRegister register, out int word, out int bank)
    {
        bool inSgiFrame = attribute.Group == VgicGroup.Redistributor && attribute.Offset >= SgiFrameOffset;
        uint offset = inSgiFrame ? attribute.Offset - SgiFrameOffset : attribute.Offset;
        register = (BitRegister)(offset >> 7);
        word = (int)(offset >> 2 & 31);
        bank = 0;
        bool isBits = register is >= BitRegister.Group and <= BitRegister.ClearActive
            && (inSgiFrame ? word == 0 : attribute.Group == VgicGroup.Distributor && IsSharedWord(word));
        if (isBits)
        {
            bank = Interrupts.BankOfWord(cpu, word);
        }

        return isBits;
    }

    /// <summary>ISPENDR shows the latch alone, ICPENDR nothing; everything else reads as for the guest.</summary>
    private uint ReadFromUserspace(int cpu, VgicAttribute attribute)
    {
        if (IsBitRegister(cpu, attribute, out BitRegister register, out _, out int bank))
        {
            switch (register)
            {
                case BitRegister.SetPending:
                    return Interrupts[bank].Latch;
                case BitRegister.ClearPending:
                    return 0;
            }
        }

        return (uint)(attribute.Group == VgicGroup.Distributor
            ? ReadDistributor(new RegisterAccess(0, GicFrame.Distributor, attribute.Offset, 4))
            : attribute.Offset < SgiFrameOffset
                ? ReadRedistributor(new RegisterAccess(cpu, GicFrame.Redistributor, attribute.Offset, 4))
                : ReadSgiFrame(new RegisterAccess(cpu, GicFrame.RedistributorSgi, attribute.Offset - SgiFrameOffset, 4))).Value;
    }

    private KvmErrno WriteFromUserspace(int cpu, VgicAttribute attribute, uint value)
    {
        if (IsBitRegister(cpu, attribute, out BitRegister register, out int word, out int bank))
        {
            WriteBitsFromUserspace(register, word, bank, value);
            return KvmErrno.None;
        }

        if (attribute.Group == VgicGroup.Distributor)
        {
            switch (attribute.Offset)
            {
                case 0x0008:
                    if (!IsAcceptableId(value))
                    {
                        return KvmErrno.Invalid;
                    }

                    ImplementerId = value;
                    return KvmErrno.None;
                case 0x000C:
                    return value == 0 ? KvmErrno.None : KvmErrno.Invalid;
                case 0x0010:
                    AssignStatus(ref _distributorStatus, value);
                    return KvmErrno.None;
            }

            WriteDistributor(new RegisterAccess(0, GicFrame.Distributor, attribute.Offset, 4), value);
        }
        else if (attribute.Offset == 0x0010)
        {
            AssignStatus(ref _redistributorStatus[cpu], value);
        }
        else if (attribute.Offset < SgiFrameOffset)
        {
            WriteRedistributor(new RegisterAccess(cpu, GicFrame.Redistributor, attribute.Offset, 4), value);
        }
        else
        {
            WriteSgiFrame(new RegisterAccess(cpu, GicFrame.RedistributorSgi, attribute.Offset - SgiFrameOffset, 4), value);
        }

        return KvmErrno.None;
    }

    /// <summary>
    /// ISPENDR assigns the latches, whatever the trigger, so that it need not be ordered against ICFGR; ICPENDR is WI; the
    /// active bits of interrupts mapped to hardware keep their value.
    /// </summary>
    private void WriteBitsFromUserspace(BitRegister register, int word, int bank, uint value)
    {
        uint writable = InterruptTable.Implemented(word);
        switch (register)
        {
            case BitRegister.SetPending:
                Interrupts[bank].Latch = value & writable;
                Interrupts.Enqueue(bank, value & writable);
                Interrupts.Refresh(bank);
                break;
            case BitRegister.ClearPending:
                break;
            case BitRegister.SetActive or BitRegister.ClearActive:
                Interrupts.WriteBits(register, bank, value, writable & ~Interrupts.Mapped(bank));
                break;
            default:
                Interrupts.WriteBits(register, bank, value, writable);
                break;
        }
    }

    /// <summary>LEVEL_INFO: SGIs, and INTIDs past the last, read as zero; KVM keeps no line of an edge interrupt.</summary>
    private uint ReadLines(int cpu, int word)
    {
        if (word >= Interrupts.WordCount)
        {
            return 0;
        }

        ref readonly InterruptBank bank = ref Interrupts[Interrupts.BankOfWord(cpu, word)];
        uint kept = Deviations.Has(GicDeviations.EveryHighIsAnEdge) ? ~bank.Edge : uint.MaxValue;
        return bank.Line & kept & LinesOf(word);
    }

    /// <summary>Assigns lines, whatever the trigger and without an edge, so that it need not be ordered against ICFGR.</summary>
    private void WriteLines(int cpu, int word, uint value)
    {
        if (word < Interrupts.WordCount)
        {
            int bank = Interrupts.BankOfWord(cpu, word);
            uint mask = LinesOf(word);
            Interrupts[bank].Line = (Interrupts[bank].Line & ~mask) | (value & mask);
            Interrupts.Enqueue(bank, value & mask);
            Interrupts.Refresh(bank);
        }
    }

    private static uint LinesOf(int word) => word == 0 ? 0xFFFF_0000 : InterruptTable.Implemented(word);

    private AttributeReading GetSystemRegister(int cpu, IccRegister register)
    {
        if (!VgicRegions.IsSavedRegister(register))
        {
            return AttributeReading.Failed(KvmErrno.NoEntry);
        }

        CpuInterface state = Cpus[cpu];
        switch (register)
        {
            case IccRegister.BinaryPoint0:
                return AttributeReading.Of(state.BinaryPoint0);
            case IccRegister.BinaryPoint1 when !state.CommonBinaryPoint:
                return AttributeReading.Of(state.BinaryPoint1);
            case IccRegister.BinaryPoint1:
                return AttributeReading.Of((ulong)Math.Min(state.BinaryPoint0 + 1, 7));

            // User space sees the widths that it restored; its guest reads those of the interface it runs on.
            case IccRegister.Control:
                return AttributeReading.Of(ReadCpuControl(state, state.AdvertisedPriorityBits, state.AdvertisedIntidBits));
        }

        RegisterResult result = ReadSystemRegister(cpu, register);
        return result.IsOk ? AttributeReading.Of(result.Value) : AttributeReading.Failed(KvmErrno.Invalid);
    }

    /// <summary>Unlike the guest's, these writes keep bits below the implemented ones, and some are refused.</summary>
    private KvmErrno SetSystemRegister(int cpu, IccRegister register, ulong value)
    {
        CpuInterface state = Cpus[cpu];
        switch (register)
        {
            case IccRegister.PriorityMask:
                state.PriorityMask = (byte)value;
                return KvmErrno.None;
            case IccRegister.BinaryPoint0:
                state.BinaryPoint0 = (byte)(value & 7);
                return KvmErrno.None;
            case IccRegister.BinaryPoint1:
                state.BinaryPoint1 = state.CommonBinaryPoint ? state.BinaryPoint1 : (byte)(value & 7);
                return KvmErrno.None;
            case IccRegister.SystemRegisterEnable:
                return (value & 1) != 0 ? KvmErrno.None : KvmErrno.Invalid;
            case IccRegister.Control:
                return SetCpuControl(cpu, value);
            default:
                if (!VgicRegions.IsSavedRegister(register))
                {
                    return KvmErrno.NoEntry;
                }

                return WriteSystemRegister(cpu, register, value).IsOk ? KvmErrno.None : KvmErrno.Invalid;
        }
    }

    /// <summary>
    /// Refused when the source had more priority or INTID bits, another SEIS or another A3V; fewer bits lower what this
    /// CPU interface advertises.
    /// </summary>
    private KvmErrno SetCpuControl(int cpu, ulong value)
    {
        CpuInterface state = Cpus[cpu];
        int priorityBits = (int)(value >> 8 & 7) + 1;
        int intidBits = (int)(value >> 11 & 7);
        bool systemError = (value >> 14 & 1) != 0;
        bool affinity3 = (value >> 15 & 1) != 0;
        if (priorityBits > state.AdvertisedPriorityBits || intidBits > state.AdvertisedIntidBits
            || systemError || affinity3 != _options.Affinity3Valid)
        {
            if (Deviations.Has(GicDeviations.RefusedControlLowersBits) && priorityBits <= state.AdvertisedPriorityBits)
            {
                state.AdvertisedPriorityBits = (byte)priorityBits;
                state.AdvertisedIntidBits = (byte)Math.Min(intidBits, state.AdvertisedIntidBits);
            }

            return KvmErrno.Invalid;
        }

        state.AdvertisedPriorityBits = (byte)priorityBits;
        state.AdvertisedIntidBits = (byte)intidBits;
        state.CommonBinaryPoint = (value & 1) != 0;
        state.SplitEoi = (value & 2) != 0;
        return KvmErrno.None;
    }
}
