using System.Buffers.Binary;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Gic.V3.Its;

/// <content>
/// The tables in guest memory, in the form of KVM's ITS ABI revision 0 (Linux
/// <c>Documentation/virt/kvm/devices/arm-vgic-its.rst</c>), and the registers as attributes.
/// </content>
public sealed partial class InterruptTranslationService
{
    private const ulong TableAddressMask = 0x0000_FFFF_FFFF_F000;
    private const int NextDeviceBits = 14, NextEventBits = 16;

    /// <summary>The registers that are saved, in the order in which they are restored: CREADR after CBASER, CTLR after the tables.</summary>
    public static IReadOnlyList<uint> SavedRegisters { get; } = [CommandBase, CommandRead, CommandWrite, Bases, Bases + 8, Identification, Control];

    /// <summary>GET of ITS_REGS.</summary>
    public AttributeReading GetAttribute(uint offset)
    {
        ulong? register = IsWide(offset) ? ReadRegister(offset & ~7u, offset) : null;
        if (register is null)
        {
            return AttributeReading.Failed(KvmErrno.NoSuchAttribute);
        }

        return AttributeReading.Of(offset is Control or Identification ? (uint)(register.Value >> (int)(offset * 8)) : register.Value);
    }

    /// <summary>SET of ITS_REGS. GITS_CREADR can be written here, after GITS_CBASER, which resets it.</summary>
    public KvmErrno SetAttribute(uint offset, ulong value)
    {
        AttributeReading before = GetAttribute(offset);
        if (before.Error != KvmErrno.None)
        {
            return before.Error;
        }

        switch (offset)
        {
            case CommandRead:
                if (_enabled)
                {
                    return KvmErrno.Busy;
                }

                if ((value & ~CommandOffsetMask) != 0 || value >= CommandBytes)
                {
                    return KvmErrno.Invalid;
                }

                _commandRead = value;
                return KvmErrno.None;
            case Identification:
                return value == before.Value ? KvmErrno.None : KvmErrno.Invalid;
            default:
                return WriteRegister(offset & ~7u, offset, value) ? KvmErrno.None : KvmErrno.NoSuchAttribute;
        }
    }

    /// <summary>CTRL SAVE_TABLES: writes devices, events and collections to the guest's tables.</summary>
    public KvmErrno SaveTables()
    {
        ulong collections = _tables[1] & TableAddressMask;
        ulong entry = 0;
        foreach ((ushort number, int cpu) in _map.Collections)
        {
            if (!TryWriteEntry(collections + entry++ * EntrySize, ValidBit | (ulong)(uint)cpu << 16 | number))
            {
                return KvmErrno.Fault;
            }
        }

        // The list ends with an entry that is not valid, unless the table is full.
        if (entry < EntryCount(1) && !TryWriteEntry(collections + entry * EntrySize, 0))
        {
            return KvmErrno.Fault;
        }

        uint[] devices = [.. _map.Devices.Keys];
        for (int i = 0; i < devices.Length; i++)
        {
            ItsDevice device = _map.Devices[devices[i]];
            ulong next = Next(i, devices, NextDeviceBits);
            ulong value = ValidBit | next << 49 | device.Table >> 8 << 5 | (uint)(device.EventBits - 1);
            if (!TryWriteEntry((_tables[0] & TableAddressMask) + devices[i] * EntrySize, value) || !TrySaveEvents(device))
            {
                return KvmErrno.Fault;
            }
        }

        return KvmErrno.None;
    }

    /// <summary>
    /// CTRL RESTORE_TABLES: reads what <see cref="SaveTables"/> wrote, before the ITS is enabled and after its table
    /// registers are set. Wholly or not at all.
    /// </summary>
    public KvmErrno RestoreTables()
    {
        if (_enabled)
        {
            return KvmErrno.Busy;
        }

        if ((_tables[0] & _tables[1] & ValidBit) == 0)
        {
            return KvmErrno.None;
        }

        var map = new ItsMap();
        var lpis = new HashSet<uint>();
        KvmErrno error = ReadCollections(map);
        error = error != KvmErrno.None ? error : ReadDevices(map, lpis);
        if (error != KvmErrno.None)
        {
            return error;
        }

        _lpis.Clear();
        _map = map;
        foreach ((uint lpi, ushort collection) in map.Devices.Values.SelectMany(d => d.Events.Values))
        {
            _lpis.Map(lpi, map.CpuOf(collection));
        }

        return KvmErrno.None;
    }

    private static bool IsWide(uint offset) =>
        offset is Control or Identification or Type or CommandBase or CommandWrite or CommandRead
        || (offset is >= Bases and < Bases + 64 && offset % 8 == 0);

    private ulong EntryCount(int table)
    {
        ulong pageSize = (_tables[table] >> 8 & 3) switch { 0 => 0x1000, 1 => 0x4000, _ => 0x1_0000 };
        return ((_tables[table] & 0xFF) + 1) * pageSize / EntrySize;
    }

    private bool HasEntry(int table, uint number) =>
        (_tables[table] & ValidBit) != 0 && number < EntryCount(table) && number < 1u << DeviceBits;

    /// <summary>The distance to the next number that is in use, as far as the field holds it; 0 at the last.</summary>
    private static ulong Next(int index, uint[] numbers, int bits) =>
        index + 1 < numbers.Length ? Math.Min(numbers[index + 1] - numbers[index], (1u << bits) - 1) : 0;

    private bool TrySaveEvents(ItsDevice device)
    {
        // Events that are no longer there must not come back.
        for (uint number = 0; number < 1u << device.EventBits; number++)
        {
            if (!device.Events.ContainsKey(number) && !TryWriteEntry(device.Table + number * EntrySize, 0))
            {
                return false;
            }
        }

        uint[] numbers = [.. device.Events.Keys];
        for (int i = 0; i < numbers.Length; i++)
        {
            (uint lpi, ushort collection) = device.Events[numbers[i]];
            ulong value = Next(i, numbers, NextEventBits) << 48 | (ulong)lpi << 16 | collection;
            if (!TryWriteEntry(device.Table + numbers[i] * EntrySize, value))
            {
                return false;
            }
        }

        return true;
    }

    private KvmErrno ReadCollections(ItsMap map)
    {
        for (ulong i = 0; i < EntryCount(1); i++)
        {
            if (TryReadEntry((_tables[1] & TableAddressMask) + i * EntrySize) is not { } entry)
            {
                return KvmErrno.Fault;
            }

            if ((entry & ValidBit) == 0)
            {
                break;
            }

            uint cpu = (uint)(entry >> 16);
            ushort number = (ushort)entry;
            if (cpu >= (uint)_cpuCount || !HasEntry(1, number) || !map.Collections.TryAdd(number, (int)cpu))
            {
                return KvmErrno.Invalid;
            }
        }

        return KvmErrno.None;
    }

    private KvmErrno ReadDevices(ItsMap map, HashSet<uint> lpis)
    {
        ulong count = Math.Min(EntryCount(0), 1u << DeviceBits);
        for (ulong number = 0; number < count; number++)
        {
            if (TryReadEntry((_tables[0] & TableAddressMask) + number * EntrySize) is not { } entry)
            {
                return KvmErrno.Fault;
            }

            if ((entry & ValidBit) == 0)
            {
                continue;
            }

            int eventBits = (int)(entry & 0x1F) + 1;
            if (eventBits > EventBits)
            {
                return KvmErrno.Invalid;
            }

            var device = new ItsDevice((entry >> 5 & 0xFFF_FFFF_FFFF) << 8, eventBits);
            KvmErrno error = ReadEvents(device, lpis);
            if (error != KvmErrno.None)
            {
                return error;
            }

            map.Devices[(uint)number] = device;
        }

        return KvmErrno.None;
    }

    private KvmErrno ReadEvents(ItsDevice device, HashSet<uint> lpis)
    {
        for (uint number = 0; number < 1u << device.EventBits; number++)
        {
            if (TryReadEntry(device.Table + number * EntrySize) is not { } entry)
            {
                return KvmErrno.Fault;
            }

            uint lpi = (uint)(entry >> 16);
            ushort collection = (ushort)entry;
            if (lpi == 0)
            {
                continue;
            }

            if (!LpiTable.IsLpi(lpi) || !HasEntry(1, collection) || !lpis.Add(lpi))
            {
                return KvmErrno.Invalid;
            }

            device.Events[number] = (lpi, collection);
        }

        return KvmErrno.None;
    }

    private ulong? TryReadEntry(ulong address)
    {
        Span<byte> bytes = stackalloc byte[EntrySize];
        return _memory.TryRead(address, bytes) ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : null;
    }

    private bool TryWriteEntry(ulong address, ulong value)
    {
        Span<byte> bytes = stackalloc byte[EntrySize];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return _memory.TryWrite(address, bytes);
    }
}
