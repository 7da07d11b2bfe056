namespace Orrery.Interrupts.Gic.V3;

/// <content>The distributor's registers (IHI 0069 12.9), with ARE and DS fixed at 1.</content>
public sealed partial class GicV3
{
    private const uint FrameSize = 0x1_0000;
    private const uint RouterBase = 0x6000;
    private const uint RouterEnd = RouterBase + 8 * Intid.SpiEnd;
    private const uint PeripheralIds = 0xFFD0;
    private const uint PeripheralId2 = 0xFFE8;
    private const uint ArchitectureRevision = 0x3B;
    private const uint InterruptRoutingMode = 1u << 31;
    private const uint RouteMask = 0x00FF_FFFF;

    private RegisterResult ReadDistributor(in RegisterAccess access)
    {
        (int cpu, _, uint offset, int width) = access;
        if (offset >= RouterBase)
        {
            return ReadRouters(access);
        }

        if (!access.IsAligned || (width != 4 && !(width == 1 && AllowsBytes(offset))))
        {
            return access.FailWidth();
        }

        uint block = offset >> 7;
        switch (block)
        {
            case 0:
                return ReadDistributorHead(access);

            case >= (uint)BitRegister.Group and <= (uint)BitRegister.ClearActive:
            {
                int word = (int)(offset >> 2 & 31);
                return RegisterResult.Of(IsSharedWord(word)
                    ? Interrupts.ReadBits((BitRegister)block, Interrupts.BankOfWord(cpu, word)) & InterruptTable.Implemented(word)
                    : 0);
            }

            case < 0x800 >> 7:
            {
                uint intid = offset - 0x400;
                return RegisterResult.Of(IsShared(intid)
                    ? Interrupts.ReadPriorities(Interrupts.BankOf(cpu, intid), (int)(intid & 31), width)
                    : 0);
            }

            case >= 0xC00 >> 7 and < 0xD00 >> 7:
            {
                int word = (int)(offset - 0xC00 >> 3);
                return RegisterResult.Of(IsSharedWord(word)
                    ? Interrupts.ReadConfiguration(Interrupts.BankOfWord(cpu, word), upper: (offset & 4) != 0)
                    : 0);
            }

            default:
                return IsReservedAsZero(offset) ? RegisterResult.Of(0) : access.Fail(RegisterErrorKind.NoRegister);
        }
    }

    private RegisterResult WriteDistributor(in RegisterAccess access, ulong value)
    {
        (int cpu, _, uint offset, int width) = access;
        if (offset >= RouterBase)
        {
            return WriteRouters(access, value);
        }

        if (!access.IsAligned || (width != 4 && !(width == 1 && AllowsBytes(offset))))
        {
            return access.FailWidth();
        }

        uint block = offset >> 7;
        switch (block)
        {
            case 0:
                return WriteDistributorHead(access, (uint)value);

            case >= (uint)BitRegister.Group and <= (uint)BitRegister.ClearActive:
            {
                int word = (int)(offset >> 2 & 31);
                if (IsSharedWord(word))
                {
                    WriteGuestBits((BitRegister)block, Interrupts.BankOfWord(cpu, word), (uint)value, InterruptTable.Implemented(word));
                }

                return RegisterResult.Done;
            }

            case < 0x800 >> 7:
            {
                uint intid = offset - 0x400;
                if (IsShared(intid))
                {
                    Interrupts.WritePriorities(Interrupts.BankOf(cpu, intid), (int)(intid & 31), width, (uint)value);
                }

                return RegisterResult.Done;
            }

            case >= 0xC00 >> 7 and < 0xD00 >> 7:
            {
                int word = (int)(offset - 0xC00 >> 3);
                if (IsSharedWord(word))
                {
                    Interrupts.WriteConfiguration(
                        Interrupts.BankOfWord(cpu, word), upper: (offset & 4) != 0, (uint)value, InterruptTable.Implemented(word));
                }

                return RegisterResult.Done;
            }

            default:
                return IsReservedAsZero(offset) ? RegisterResult.Done : access.Fail(RegisterErrorKind.NoRegister);
        }
    }

    /// <summary>Priorities and (though they are RES0) targets may be accessed by bytes.</summary>
    private static bool AllowsBytes(uint offset) => offset is >= 0x400 and < 0xC00;

    /// <summary>
    /// Registers that exist and are RES0 in this configuration: ITARGETSR, SGIR, CPENDSGIR and SPENDSGIR with ARE,
    /// IGRPMODR and NSACR with DS, and the extended ranges, which this GIC does not implement.
    /// </summary>
    private static bool IsReservedAsZero(uint offset) =>
        offset is (>= 0x800 and < 0xC00) or (>= 0xD00 and <= 0xF00) or (>= 0xF10 and < 0xF30) or (>= 0x1000 and < 0x4000);

    private bool IsSharedWord(int word) => word != 0 && word < Interrupts.WordCount;

    private bool IsShared(uint intid) => !Intid.IsPrivate(intid) && Interrupts.Exists(intid);

    private RegisterResult ReadDistributorHead(in RegisterAccess access) => access.Offset switch
    {
        0x0000 => RegisterResult.Of(ReadControl()),
        0x0004 => RegisterResult.Of(ReadType()),
        0x0008 => RegisterResult.Of(ImplementerId),
        0x000C => RegisterResult.Of(0),
        0x0010 => RegisterResult.Of(Deviations.Has(GicDeviations.NoErrorStatus) ? uint.MaxValue : _distributorStatus),
        0x0040 or 0x0048 when _options.MessageSpis => access.Fail(RegisterErrorKind.WriteOnly),
        _ => access.Fail(RegisterErrorKind.NoRegister),
    };

    private RegisterResult WriteDistributorHead(in RegisterAccess access, uint value)
    {
        switch (access.Offset)
        {
            case 0x0000:
                WriteControl(value);
                return RegisterResult.Done;
            case 0x0004 or 0x0008 or 0x000C:
                return access.Fail(RegisterErrorKind.ReadOnly);
            case 0x0010:
                _distributorStatus &= (byte)~value;
                return RegisterResult.Done;
            case 0x0040 or 0x0048 when _options.MessageSpis:
                WriteMessage(value & 0x3FF, raise: access.Offset == 0x0040);
                return RegisterResult.Done;
            default:
                return access.Fail(RegisterErrorKind.NoRegister);
        }
    }

    /// <summary>GICD_CTLR: [0] EnableGrp0 [1] EnableGrp1 [4] ARE and [6] DS read as ones; writes complete at once, so RWP is 0.</summary>
    private uint ReadControl() =>
        (Group0Forwarded && !Deviations.Has(GicDeviations.SingleGroupEnable) ? 1u : 0) | (Group1Forwarded ? 2u : 0)
        | 1u << 4 | 1u << 6;

    private void WriteControl(uint value)
    {
        bool group1 = (value & 2) != 0;
        SetForwarding(Deviations.Has(GicDeviations.SingleGroupEnable) ? group1 : (value & 1) != 0, group1);
    }

    /// <summary>GICD_TYPER: [4:0] ITLinesNumber [16] MBIS [17] LPIS [23:19] IDbits-1.</summary>
    private uint ReadType()
    {
        const uint IntidBitsOfSpis = 10;
        uint intidBits = _lpis.Exist ? LpiTable.IntidBits : IntidBitsOfSpis;
        return (uint)(Interrupts.WordCount - 1)
            | (_options.MessageSpis ? 1u << 16 : 0)
            | (_lpis.Exist ? 1u << 17 : 0)
            | (intidBits - 1) << 19;
    }

    /// <summary>GICD_SETSPI_NSR and GICD_CLRSPI_NSR: an edge for an edge-triggered SPI, a level for a level-sensitive one.</summary>
    private void WriteMessage(uint intid, bool raise)
    {
        if (!IsShared(intid))
        {
            return;
        }

        int bank = Interrupts.BankOf(0, intid);
        uint mask = 1u << (int)(intid & 31);
        if ((Interrupts[bank].Edge & mask) == 0)
        {
            Interrupts.SetLine(bank, mask, raise);
        }
        else
        {
            Interrupts.WriteBits(raise ? BitRegister.SetPending : BitRegister.ClearPending, bank, mask, mask);
        }
    }

    /// <summary>GICD_IROUTERn (64 bits, or either half) and the identification registers at the end of the frame.</summary>
    private RegisterResult ReadRouters(in RegisterAccess access)
    {
        (_, _, uint offset, int width) = access;
        if (offset >= FrameSize)
        {
            return access.Fail(RegisterErrorKind.OutsideFrame);
        }

        if (offset < RouterEnd)
        {
            if (!access.IsAligned || width is not (4 or 8))
            {
                return access.FailWidth();
            }

            // The upper half holds Aff3, which A3V=0 makes RES0.
            uint intid = (offset - RouterBase) >> 3;
            return RegisterResult.Of(IsShared(intid) && (offset & 4) == 0 ? _routes[intid] : 0);
        }

        if (offset < PeripheralIds)
        {
            return access.Fail(RegisterErrorKind.NoRegister);
        }

        return !access.IsAligned || width != 4
            ? access.FailWidth()
            : RegisterResult.Of(offset == PeripheralId2 ? ArchitectureRevision : 0);
    }

    private RegisterResult WriteRouters(in RegisterAccess access, ulong value)
    {
        (_, _, uint offset, int width) = access;
        if (offset >= FrameSize)
        {
            return access.Fail(RegisterErrorKind.OutsideFrame);
        }

        if (offset < RouterEnd)
        {
            if (!access.IsAligned || width is not (4 or 8))
            {
                return access.FailWidth();
            }

            uint intid = (offset - RouterBase) >> 3;
            if (IsShared(intid) && (offset & 4) == 0)
            {
                uint kept = Deviations.Has(GicDeviations.NoOneOfN) ? RouteMask : RouteMask | InterruptRoutingMode;
                _routes[intid] = (uint)value & kept;
                Route(intid);
            }

            return RegisterResult.Done;
        }

        if (offset < PeripheralIds)
        {
            return access.Fail(RegisterErrorKind.NoRegister);
        }

        return !access.IsAligned || width != 4 ? access.FailWidth() : access.Fail(RegisterErrorKind.ReadOnly);
    }
}
