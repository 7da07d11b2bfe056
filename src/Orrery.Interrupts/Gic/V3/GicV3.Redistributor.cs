namespace Orrery.Interrupts.Gic.V3;

/// <content>A redistributor's registers (IHI 0069 12.11): RD_base and SGI_base.</content>
public sealed partial class GicV3
{
    private const uint RedistributorId = 0x4B00_043B;
    private const uint EnableLpis = 1;
    private const uint CommandErrorsSupported = 1u << 1;
    private const uint InvalidateRegisters = 1u << 2;

    private RegisterResult ReadRedistributor(in RegisterAccess access)
    {
        (int cpu, _, uint offset, int width) = access;
        RegisterResult? fault = CheckRedistributorWidth(access);
        if (fault is not null)
        {
            return fault.Value;
        }

        return (offset & ~7u) switch
        {
            0x0000 when offset == 0x0000 => RegisterResult.Of(ReadRedistributorControl(cpu)),
            0x0000 => RegisterResult.Of(RedistributorId),
            0x0008 => RegisterResult.Of(Part(ReadRedistributorType(cpu), offset, width)),
            0x0010 when offset == 0x0010 => RegisterResult.Of(_redistributorStatus[cpu]),
            0x0010 => RegisterResult.Of(0),
            0x0070 => RegisterResult.Of(Part(_lpis.PropertyBase, offset, width)),
            0x0078 => RegisterResult.Of(Part(_lpis.PendingBase(cpu), offset, width)),
            0x00A0 or 0x00B0 or 0x00C0 => RegisterResult.Of(0),
            _ when offset >= PeripheralIds => RegisterResult.Of(offset == PeripheralId2 ? ArchitectureRevision : 0),
            _ => access.Fail(RegisterErrorKind.NoRegister),
        };
    }

    private RegisterResult WriteRedistributor(in RegisterAccess access, ulong value)
    {
        (int cpu, _, uint offset, int width) = access;
        RegisterResult? fault = CheckRedistributorWidth(access);
        if (fault is not null)
        {
            return fault.Value;
        }

        switch (offset)
        {
            case 0x0000:
                _lpis.SetEnabled(cpu, (value & EnableLpis) != 0);
                return RegisterResult.Done;

            // WAKER is RAZ/WI: a redistributor here is always awake.
            case 0x0014:
                return RegisterResult.Done;
            case 0x0070 or 0x0074:
                _lpis.WritePropertyBase(cpu, Merge(_lpis.PropertyBase, offset, width, value));
                return RegisterResult.Done;
            case 0x0078 or 0x007C:
                _lpis.WritePendingBase(cpu, Merge(_lpis.PendingBase(cpu), offset, width, value));
                return RegisterResult.Done;
            case 0x00A0:
                _lpis.Invalidate((uint)value);
                return RegisterResult.Done;
            case 0x00B0:
                _lpis.InvalidateAll(cpu);
                return RegisterResult.Done;
            case 0x00A4 or 0x00B4:
                return RegisterResult.Done;
            case 0x00C0:
                return access.Fail(RegisterErrorKind.ReadOnly);
            case 0x0010:
                _redistributorStatus[cpu] &= (byte)~value;
                return RegisterResult.Done;
            case 0x0004 or 0x0008 or 0x000C or >= PeripheralIds:
                return access.Fail(RegisterErrorKind.ReadOnly);
            default:
                return access.Fail(RegisterErrorKind.NoRegister);
        }
    }

    private static RegisterResult? CheckRedistributorWidth(in RegisterAccess access)
    {
        if (access.Offset >= FrameSize)
        {
            return access.Fail(RegisterErrorKind.OutsideFrame);
        }

        bool is64Bit = access.Offset is (>= 0x0008 and < 0x0010) or (>= 0x0040 and < 0x0050) or (>= 0x0070 and < 0x0080)
            or (>= 0x00A0 and < 0x00A8) or (>= 0x00B0 and < 0x00B8);
        return access.IsAligned && (access.Width == 4 || (access.Width == 8 && is64Bit)) ? null : access.FailWidth();
    }

    /// <summary>GICR_CTLR: [0] EnableLPIs, and [1] CES and [2] IR, which KVM has since behaviour revision 3.</summary>
    private uint ReadRedistributorControl(int cpu) =>
        ((ImplementerId >> 12 & 0xF) >= 3 ? CommandErrorsSupported | InvalidateRegisters : 0)
        | (_lpis.IsEnabled(cpu) ? EnableLpis : 0);

    /// <summary>GICR_TYPER: [0] PLPIS [4] Last [23:8] processor number [63:32] affinity.</summary>
    private ulong ReadRedistributorType(int cpu) =>
        (ulong)_affinities[cpu].Packed << 32 | (uint)cpu << 8 | (_lastCpus[cpu] ? 1u << 4 : 0) | (_lpis.Exist ? 1u : 0);

    /// <summary>The half, or the whole, of a 64-bit register that an access of this offset and width means.</summary>
    private static ulong Part(ulong register, uint offset, int width) =>
        width == 8 ? register : (uint)(register >> (int)((offset & 4) * 8));

    /// <summary>A 64-bit register after a write of the whole, or of one half.</summary>
    private static ulong Merge(ulong register, uint offset, int width, ulong value)
    {
        if (width == 8)
        {
            return value;
        }

        int shift = (int)((offset & 4) * 8);
        return (register & ~(0xFFFF_FFFFUL << shift)) | (value & 0xFFFF_FFFF) << shift;
    }

    private RegisterResult ReadSgiFrame(in RegisterAccess access)
    {
        (int cpu, _, uint offset, int width) = access;
        if (offset >= FrameSize)
        {
            return access.Fail(RegisterErrorKind.OutsideFrame);
        }

        bool isPriority = offset is >= 0x400 and < 0x420;
        if (!access.IsAligned || (width != 4 && !(width == 1 && isPriority)))
        {
            return access.FailWidth();
        }

        if (isPriority)
        {
            return RegisterResult.Of(Interrupts.ReadPriorities(cpu, (int)(offset & 31), width));
        }

        return offset switch
        {
            >= 0x080 and < 0x400 when (offset & 0x7F) == 0 => RegisterResult.Of(Interrupts.ReadBits((BitRegister)(offset >> 7), cpu)),
            0xC00 => RegisterResult.Of(Interrupts.ReadConfiguration(cpu, upper: false)),
            0xC04 => RegisterResult.Of(Interrupts.ReadConfiguration(cpu, upper: true)),
            0xD00 or 0xE00 => RegisterResult.Of(0),
            _ => access.Fail(RegisterErrorKind.NoRegister),
        };
    }

    private RegisterResult WriteSgiFrame(in RegisterAccess access, uint value)
    {
        (int cpu, _, uint offset, int width) = access;
        if (offset >= FrameSize)
        {
            return access.Fail(RegisterErrorKind.OutsideFrame);
        }

        bool isPriority = offset is >= 0x400 and < 0x420;
        if (!access.IsAligned || (width != 4 && !(width == 1 && isPriority)))
        {
            return access.FailWidth();
        }

        if (isPriority)
        {
            Interrupts.WritePriorities(cpu, (int)(offset & 31), width, value);
            return RegisterResult.Done;
        }

        switch (offset)
        {
            case >= 0x080 and < 0x400 when (offset & 0x7F) == 0:
                WriteGuestBits((BitRegister)(offset >> 7), cpu, value, uint.MaxValue);
                return RegisterResult.Done;

            // Triggers of SGIs and PPIs are fixed; IGRPMODR0 and NSACR are RAZ/WI with DS.
            case 0xC00 or 0xC04 or 0xD00 or 0xE00:
                return RegisterResult.Done;
            default:
                return access.Fail(RegisterErrorKind.NoRegister);
        }
    }
}
