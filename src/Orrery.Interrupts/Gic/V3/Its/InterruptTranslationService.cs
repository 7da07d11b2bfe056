namespace Orrery.Interrupts.Gic.V3.Its;

/// <summary>
/// The Interrupt Translation Service of a GICv3 (IHI 0069 chapter 5): makes LPIs of messages that devices write, by tables
/// that the guest fills through a queue of commands in its memory. Flat tables only, as GITS_BASER.Indirect says; sizes
/// and identification are those of KVM.
/// </summary>
public sealed partial class InterruptTranslationService
{
    private const int DeviceBits = 16;
    private const int EventBits = 16;
    private const int EntrySize = 8;
    private const uint FrameSize = 0x1_0000;
    private const uint Control = 0x0000, Identification = 0x0004, Type = 0x0008;
    private const uint CommandBase = 0x0080, CommandWrite = 0x0088, CommandRead = 0x0090, Bases = 0x0100;
    private const uint PeripheralId2 = 0xFFE8;
    private const uint Translate = 0x0040;
    private const uint EnableBit = 1, QuiescentBit = 1u << 31;
    private const ulong ValidBit = 1UL << 63;
    private const ulong CommandBaseRes0 = 0x4700_0000_0000_0300, CommandOffsetMask = 0x000F_FFE0;
    private const ulong TableTypeMask = 7UL << 56, TableSizeMask = 0x1FUL << 48, IndirectBit = 1UL << 62;

    private static readonly ulong[] s_tableTypes = [1UL << 56, 4UL << 56];

    private readonly IGuestMemory _memory;
    private readonly LpiTable _lpis;
    private readonly int _cpuCount;
    private readonly ulong[] _tables = [s_tableTypes[0] | (EntrySize - 1UL) << 48, s_tableTypes[1] | (EntrySize - 1UL) << 48];
    private bool _enabled;
    private ulong _commandBase;
    private ulong _commandWrite;
    private ulong _commandRead;
    private ItsMap _map = new();

    internal InterruptTranslationService(IGuestMemory memory, LpiTable lpis, int cpuCount)
    {
        _memory = memory;
        _lpis = lpis;
        _cpuCount = cpuCount;
    }

    /// <summary>The last command that did nothing, if any.</summary>
    public ItsError? LastError { get; private set; }

    /// <summary>How many commands did nothing.</summary>
    public int ErrorCount { get; private set; }

    /// <summary>
    /// A device writes an event number to GITS_TRANSLATER; the bus tells the device's number. Whether an LPI became pending.
    /// </summary>
    public bool Message(uint device, uint eventNumber) =>
        _enabled
        && _map.Devices.TryGetValue(device, out ItsDevice? mapped)
        && mapped.Events.TryGetValue(eventNumber, out (uint Lpi, ushort Collection) target)
        && _lpis.Trigger(target.Lpi);

    internal RegisterResult Read(in RegisterAccess access)
    {
        if (access.Offset >= FrameSize)
        {
            return access.Fail(RegisterErrorKind.OutsideFrame);
        }

        if (access.Frame == GicFrame.ItsTranslation)
        {
            return access.Fail(access.Offset == Translate ? RegisterErrorKind.WriteOnly : RegisterErrorKind.NoRegister);
        }

        if (!IsWidthAllowed(access))
        {
            return access.FailWidth();
        }

        ulong? register = ReadRegister(access.Offset & ~7u, access.Offset);
        return register is { } value
            ? RegisterResult.Of(access.Width == 8 ? value : (uint)(value >> (int)((access.Offset & 4) * 8)))
            : access.Fail(RegisterErrorKind.NoRegister);
    }

    internal RegisterResult Write(in RegisterAccess access, ulong value)
    {
        if (access.Offset >= FrameSize)
        {
            return access.Fail(RegisterErrorKind.OutsideFrame);
        }

        if (access.Frame == GicFrame.ItsTranslation)
        {
            // A CPU has no device number: use Message.
            return access.Offset == Translate && access is { IsAligned: true, Width: 4 }
                ? RegisterResult.Done
                : access.Fail(access.Offset == Translate ? RegisterErrorKind.WrongWidth : RegisterErrorKind.NoRegister);
        }

        if (!IsWidthAllowed(access))
        {
            return access.FailWidth();
        }

        uint register = access.Offset & ~7u;
        if (ReadRegister(register, access.Offset) is not { } before)
        {
            return access.Fail(RegisterErrorKind.NoRegister);
        }

        if (access.Width == 4)
        {
            int shift = (int)((access.Offset & 4) * 8);
            value = (before & ~(0xFFFF_FFFFUL << shift)) | (value & 0xFFFF_FFFF) << shift;
        }

        return WriteRegister(register, access.Offset, value) ? RegisterResult.Done : access.Fail(RegisterErrorKind.ReadOnly);
    }

    internal void CopyFrom(InterruptTranslationService other)
    {
        other._tables.CopyTo(_tables.AsSpan());
        _enabled = other._enabled;
        _commandBase = other._commandBase;
        _commandWrite = other._commandWrite;
        _commandRead = other._commandRead;
        _map = other._map.Clone();
        LastError = other.LastError;
        ErrorCount = other.ErrorCount;
    }

    internal bool StateEquals(InterruptTranslationService other) =>
        _tables.AsSpan().SequenceEqual(other._tables)
        && _enabled == other._enabled && _commandBase == other._commandBase
        && _commandWrite == other._commandWrite && _commandRead == other._commandRead
        && _map.ContentEquals(other._map);

    /// <summary>GITS_CTLR and GITS_IIDR have 32 bits, the rest 64, accessible by halves.</summary>
    private static bool IsWidthAllowed(in RegisterAccess access) =>
        access.IsAligned && (access.Width == 4 || (access.Width == 8 && access.Offset is >= 0x08 and < PeripheralId2));

    private ulong? ReadRegister(uint register, uint offset) => register switch
    {
        Control => offset < Identification
            ? QuiescentBit | (_enabled ? EnableBit : 0)
            : 0x4B00_043BUL << 32,
        Type => 1UL | (EntrySize - 1UL) << 4 | (EventBits - 1UL) << 8 | (DeviceBits - 1UL) << 13,
        CommandBase => _commandBase,
        CommandWrite => _commandWrite,
        CommandRead => _commandRead,
        >= Bases and < Bases + 64 => register - Bases is var n && n / 8 < (uint)_tables.Length ? _tables[n / 8] : 0,
        >= 0xFFD0 => offset == PeripheralId2 ? 0x3BUL : 0,
        _ => null,
    };

    /// <summary>False for a register that is read-only.</summary>
    private bool WriteRegister(uint register, uint offset, ulong value)
    {
        switch (register)
        {
            case Control when offset < Identification:
                SetEnabled((value & EnableBit) != 0);
                return true;
            case CommandBase:
                if (!_enabled)
                {
                    _commandBase = value & ~CommandBaseRes0;
                    _commandRead = 0;
                }

                return true;
            case CommandWrite:
                if ((value & CommandOffsetMask) < CommandBytes)
                {
                    _commandWrite = value & CommandOffsetMask;
                    ProcessCommands();
                }

                return true;
            case >= Bases and < Bases + 64:
                WriteTable((int)((register - Bases) / 8), value);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The ITS is enabled only once it has its tables and its queue; then it goes through what the queue holds.</summary>
    private void SetEnabled(bool enabled)
    {
        bool isReady = ((_commandBase & _tables[0] & _tables[1]) & ValidBit) != 0;
        _enabled = enabled && (isReady || _enabled);
        ProcessCommands();
    }

    /// <summary>GITS_BASERn: type and entry size are fixed, only flat tables are there; frozen while enabled.</summary>
    private void WriteTable(int index, ulong value)
    {
        if (_enabled || index >= _tables.Length)
        {
            return;
        }

        _tables[index] = (value & ~(TableTypeMask | TableSizeMask | IndirectBit)) | s_tableTypes[index] | (EntrySize - 1UL) << 48;
        if ((value & ValidBit) == 0)
        {
            ForgetTable(index);
        }
    }

    private void ForgetTable(int index)
    {
        if (index == 0)
        {
            foreach (uint device in _map.Devices.Keys.ToArray())
            {
                UnmapDevice(device);
            }
        }
        else
        {
            foreach (ushort collection in _map.Collections.Keys.ToArray())
            {
                UnmapCollection(collection);
            }
        }
    }
}
