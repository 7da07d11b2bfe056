using System.Buffers.Binary;

namespace Orrery.Interrupts.Gic.V3.Its;

/// <summary>The commands of an ITS (IHI 0069 5.3).</summary>
public enum ItsCommandKind : byte
{
    /// <summary>MOVI: an event goes to another collection.</summary>
    MoveInterrupt = 0x01,

    /// <summary>INT: make pending.</summary>
    Interrupt = 0x03,

    /// <summary>CLEAR: make not pending.</summary>
    Clear = 0x04,

    /// <summary>SYNC: wait for a redistributor.</summary>
    Synchronize = 0x05,

    /// <summary>MAPD: map or unmap a device.</summary>
    MapDevice = 0x08,

    /// <summary>MAPC: map or unmap a collection.</summary>
    MapCollection = 0x09,

    /// <summary>MAPTI: map an event to an LPI and a collection.</summary>
    MapEvent = 0x0A,

    /// <summary>MAPI: the same, with the LPI of the event's number.</summary>
    MapEventAsLpi = 0x0B,

    /// <summary>INV: read an LPI's configuration again.</summary>
    Invalidate = 0x0C,

    /// <summary>INVALL: read that of a whole collection again.</summary>
    InvalidateAll = 0x0D,

    /// <summary>MOVALL: all LPIs of one redistributor go to another.</summary>
    MoveAll = 0x0E,

    /// <summary>DISCARD: make not pending, and unmap.</summary>
    Discard = 0x0F,
}

/// <summary>One command of 32 bytes, with the fields that commands have; which of them mean something depends on the kind.</summary>
public readonly record struct ItsCommand
{
    /// <summary>Bytes.</summary>
    public const int Size = 32;

    /// <summary>DW0[7:0].</summary>
    public ItsCommandKind Kind { get; init; }

    /// <summary>DW0[63:32].</summary>
    public uint Device { get; init; }

    /// <summary>DW1[31:0].</summary>
    public uint Event { get; init; }

    /// <summary>DW1[63:32].</summary>
    public uint Lpi { get; init; }

    /// <summary>MAPD, DW1[4:0]: bits of an event number, less one.</summary>
    public int EventBits => (int)(Event & 0x1F) + 1;

    /// <summary>DW2[15:0].</summary>
    public ushort Collection { get; init; }

    /// <summary>MAPC and MOVALL, DW2[50:16]: the number of the target CPU.</summary>
    public uint Target { get; init; }

    /// <summary>MOVALL, DW3[50:16]: the CPU that takes over.</summary>
    public uint Target2 { get; init; }

    /// <summary>MAPD, DW2[51:8]: where the device's translation table is.</summary>
    public ulong Table { get; init; }

    /// <summary>MAPD and MAPC, DW2[63]: map, else unmap.</summary>
    public bool IsValid { get; init; }

    /// <summary>Takes 32 bytes apart.</summary>
    public static ItsCommand Decode(ReadOnlySpan<byte> bytes)
    {
        ulong dw0 = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong dw1 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        ulong dw2 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        ulong dw3 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]);
        return new ItsCommand
        {
            Kind = (ItsCommandKind)(byte)dw0,
            Device = (uint)(dw0 >> 32),
            Event = (uint)dw1,
            Lpi = (uint)(dw1 >> 32),
            Collection = (ushort)dw2,
            Target = (uint)(dw2 >> 16),
            Target2 = (uint)(dw3 >> 16),
            Table = dw2 & 0x000F_FFFF_FFFF_FF00,
            IsValid = dw2 >> 63 != 0,
        };
    }

    /// <summary>The inverse of <see cref="Decode"/>.</summary>
    public void Encode(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)Device << 32 | (byte)Kind);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], (ulong)Lpi << 32 | Event);
        ulong dw2 = Kind == ItsCommandKind.MapDevice ? Table : (ulong)Target << 16 | Collection;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], dw2 | (IsValid ? 1UL << 63 : 0));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], (ulong)Target2 << 16);
    }
}
