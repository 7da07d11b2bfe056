namespace Orrery.Interrupts.Gic.V2;

/// <content>The distributor's registers (IHI 0048 4.3).</content>
public sealed partial class GicV2
{
    private const uint FrameSize = 0x1000;
    private const uint PeripheralId2 = 0xFE8;
    private const uint ArchitectureRevision = 0x2B;

    private RegisterResult ReadDistributor(in RegisterAccess access)
    {
        (int cpu, _, uint offset, int width) = access;
        uint block = offset >> 7;
        if (offset >= FrameSize)
        {
            return access.Fail(RegisterErrorKind.OutsideFrame);
        }

        if (!access.IsAligned || (width != 4 && !(width == 1 && AllowsBytes(offset))))
        {
            return access.FailWidth();
        }

        switch (block)
        {
            case 0:
                return ReadDistributorHead(access);

            case >= (uint)BitRegister.Group and <= (uint)BitRegister.ClearActive:
            {
                int word = (int)(offset >> 2 & 31);
                return RegisterResult.Of(word < Interrupts.WordCount
                    ? Interrupts.ReadBits((BitRegister)block, Interrupts.BankOfWord(cpu, word)) & InterruptTable.Implemented(word)
                    : 0);
            }

            case < 0x800 >> 7:
            {
                uint intid = offset - 0x400;
                return RegisterResult.Of(Interrupts.Exists(intid)
                    ? Interrupts.ReadPriorities(Interrupts.BankOf(cpu, intid), (int)(intid & 31), width)
                    : 0);
            }

            case < 0xC00 >> 7:
                return RegisterResult.Of(ReadTargets(cpu, offset - 0x800, width));

            case < 0xD00 >> 7:
            {
                int word = (int)(offset - 0xC00 >> 3);
                return RegisterResult.Of(word < Interrupts.WordCount
                    ? Interrupts.ReadConfiguration(Interrupts.BankOfWord(cpu, word), upper: (offset & 4) != 0)
                    : 0);
            }

            case < 0xE00 >> 7:
                return ReadRawLines(access);

            // GICD_NSACR: RAZ/WI without Security Extensions.
            case < 0xF00 >> 7:
                return RegisterResult.Of(0);

            default:
                return ReadDistributorTail(access);
        }
    }

    private RegisterResult WriteDistributor(in RegisterAccess access, uint value)
    {
        (int cpu, _, uint offset, int width) = access;
        uint block = offset >> 7;
        if (offset >= FrameSize)
        {
            return access.Fail(RegisterErrorKind.OutsideFrame);
        }

        if (!access.IsAligned || (width != 4 && !(width == 1 && AllowsBytes(offset))))
        {
            return access.FailWidth();
        }

        switch (block)
        {
            case 0:
                return WriteDistributorHead(access, value);

            case >= (uint)BitRegister.Group and <= (uint)BitRegister.ClearActive:
            {
                int word = (int)(offset >> 2 & 31);
                if (word < Interrupts.WordCount)
                {
                    WriteGuestBits((BitRegister)block, Interrupts.BankOfWord(cpu, word), value, InterruptTable.Implemented(word));
                }

                return RegisterResult.Done;
            }

            case < 0x800 >> 7:
            {
                uint intid = offset - 0x400;
                if (Interrupts.Exists(intid))
                {
                    Interrupts.WritePriorities(Interrupts.BankOf(cpu, intid), (int)(intid & 31), width, value);
                }

                return RegisterResult.Done;
            }

            case < 0xC00 >> 7:
                WriteTargets(offset - 0x800, width, value);
                return RegisterResult.Done;

            case < 0xD00 >> 7:
            {
                // SGIs are edge-triggered and PPIs level-sensitive, unalterably.
                int word = (int)(offset - 0xC00 >> 3);
                if (word != 0 && word < Interrupts.WordCount)
                {
                    Interrupts.WriteConfiguration(
                        Interrupts.BankOfWord(cpu, word), upper: (offset & 4) != 0, value, InterruptTable.Implemented(word));
                }

                return RegisterResult.Done;
            }

            case < 0xE00 >> 7:
                return access.Fail(_options.RawLineRegisters ? RegisterErrorKind.ReadOnly : RegisterErrorKind.NoRegister);

            case < 0xF00 >> 7:
                return RegisterResult.Done;

            default:
                return WriteDistributorTail(access, value);
        }
    }

    /// <summary>Priorities, targets and the pending sources of SGIs may be accessed by bytes.</summary>
    private static bool AllowsBytes(uint offset) => offset is (>= 0x400 and < 0xC00) or (>= 0xF10 and < 0xF30);

    private RegisterResult ReadDistributorHead(in RegisterAccess access) => access.Offset switch
    {
        0x000 => RegisterResult.Of((Group0Forwarded ? 1u : 0)
            | (Group1Forwarded && !Deviations.Has(GicDeviations.SingleGroupEnable) ? 2u : 0)),
        0x004 => RegisterResult.Of((uint)(Interrupts.WordCount - 1) | (uint)(CpuCount - 1) << 5),
        0x008 => RegisterResult.Of(ImplementerId),
        _ => access.Fail(RegisterErrorKind.NoRegister),
    };

    private RegisterResult WriteDistributorHead(in RegisterAccess access, uint value)
    {
        switch (access.Offset)
        {
            case 0x000:
                bool group0 = (value & 1) != 0;
                SetForwarding(group0, Deviations.Has(GicDeviations.SingleGroupEnable) ? group0 : (value & 2) != 0);
                return RegisterResult.Done;
            case 0x004 or 0x008:
                return access.Fail(RegisterErrorKind.ReadOnly);
            default:
                return access.Fail(RegisterErrorKind.NoRegister);
        }
    }

    private RegisterResult ReadDistributorTail(in RegisterAccess access)
    {
        (int cpu, _, uint offset, int width) = access;
        switch (offset)
        {
            case 0xF00:
                return access.Fail(RegisterErrorKind.WriteOnly);

            case >= 0xF10 and < 0xF30:
            {
                uint value = 0;
                for (int i = 0; i < width; i++)
                {
                    value |= (uint)_sgis.Pending(cpu, (offset + (uint)i) & 0xF) << (8 * i);
                }

                return RegisterResult.Of(value);
            }

            case >= 0xFD0:
                return RegisterResult.Of(
                    offset == PeripheralId2 && !Deviations.Has(GicDeviations.NoPeripheralId) ? ArchitectureRevision : 0);

            default:
                return access.Fail(RegisterErrorKind.NoRegister);
        }
    }

    private RegisterResult WriteDistributorTail(in RegisterAccess access, uint value)
    {
        (int cpu, _, uint offset, int width) = access;
        switch (offset)
        {
            case 0xF00:
                GenerateSgi(cpu, value);
                return RegisterResult.Done;

            case >= 0xF10 and < 0xF30:
                for (int i = 0; i < width; i++)
                {
                    uint sgi = (offset + (uint)i) & 0xF;
                    byte sources = (byte)(value >> (8 * i));
                    if (offset < 0xF20)
                    {
                        ClearSgiPending(cpu, sgi, sources);
                    }
                    else
                    {
                        SetSgiPending(cpu, sgi, sources);
                    }
                }

                return RegisterResult.Done;

            case >= 0xFD0:
                return access.Fail(RegisterErrorKind.ReadOnly);

            default:
                return access.Fail(RegisterErrorKind.NoRegister);
        }
    }

    /// <summary>GICD_SGIR: [25:24] filter, [23:16] list, [3:0] INTID. Filter 3 is reserved and does nothing.</summary>
    private void GenerateSgi(int cpu, uint value)
    {
        uint present = (1u << CpuCount) - 1;
        uint targets = (value >> 24 & 3) switch
        {
            0 => value >> 16 & present,
            1 => present & ~(1u << cpu),
            2 => 1u << cpu,
            _ => 0,
        };
        for (int target = 0; target < CpuCount; target++)
        {
            if ((targets >> target & 1) != 0)
            {
                SetSgiPending(target, value & 0xF, (byte)(1 << cpu));
            }
        }
    }

    private uint ReadTargets(int cpu, uint intid, int width)
    {
        if (!Interrupts.Exists(intid) || !HasTargets)
        {
            return 0;
        }

        uint value = 0;
        for (int i = 0; i < width; i++)
        {
            uint targets = Intid.IsPrivate(intid) ? 1u << cpu : _targets[intid + i];
            value |= targets << (8 * i);
        }

        return value;
    }

    private void WriteTargets(uint intid, int width, uint value)
    {
        if (Intid.IsPrivate(intid) || !Interrupts.Exists(intid) || !HasTargets)
        {
            return;
        }

        byte present = (byte)((1 << CpuCount) - 1);
        for (uint i = 0; i < width; i++)
        {
            _targets[intid + i] = (byte)(value >> (int)(8 * i) & present);
            Route(intid + i);
        }
    }

    /// <summary>With one CPU the target registers are RAZ/WI, except in KVM.</summary>
    private bool HasTargets => CpuCount > 1 || Deviations.Has(GicDeviations.LowestTargetOnly);

    /// <summary>PPISR at 0xD00 (bit 0 is INTID 16), SPISRn from 0xD04 (GIC-400 TRM 3.2).</summary>
    private RegisterResult ReadRawLines(in RegisterAccess access)
    {
        if (!_options.RawLineRegisters)
        {
            return access.Fail(RegisterErrorKind.NoRegister);
        }

        int word = (int)(access.Offset - 0xD00 >> 2);
        if (word >= Interrupts.WordCount)
        {
            return RegisterResult.Of(0);
        }

        uint lines = Interrupts[Interrupts.BankOfWord(access.Cpu, word)].Line;
        return RegisterResult.Of(word == 0 ? lines >> (int)Intid.SgiCount : lines);
    }
}
