using System.Buffers.Binary;

namespace Orrery.Virtio;

/// <summary>Requests from driver to device (vhost-user protocol, "Front-end message types").</summary>
internal enum VhostUserRequest : uint
{
    GetFeatures = 1,
    SetFeatures = 2,
    SetOwner = 3,
    SetMemoryTable = 5,
    SetVringNum = 8,
    SetVringAddress = 9,
    SetVringBase = 10,
    GetProtocolFeatures = 15,
    SetProtocolFeatures = 16,
    SetVringEnable = 18,
    SetBackChannel = 21,
    GetConfiguration = 24,
    SetConfiguration = 25,
    VringKick = 35,
}

/// <summary>Requests from device to driver ("Back-end message types").</summary>
internal enum VhostUserNotification : uint
{
    ConfigurationChange = 2,
    VringCall = 4,
}

/// <summary>Protocol feature bits ("Protocol features").</summary>
[Flags]
internal enum ProtocolFeatures : ulong
{
    None = 0,

    /// <summary>REPLY_ACK: a request may ask for an answer.</summary>
    ReplyAck = 1UL << 3,

    /// <summary>SLAVE_REQ (BACKEND_REQ): the device has a channel of its own to the driver.</summary>
    BackChannel = 1UL << 5,

    /// <summary>CONFIG: configuration space.</summary>
    Configuration = 1UL << 9,

    /// <summary>INBAND_NOTIFICATIONS: kicks and calls are messages.</summary>
    InBandNotifications = 1UL << 14,

    /// <summary>Without these a notification has no place in simulated time.</summary>
    Required = ReplyAck | BackChannel | InBandNotifications,
}

/// <summary>The twelve bytes before each payload: request, flags, payload size.</summary>
internal readonly record struct VhostUserHeader(uint Request, uint Flags, uint PayloadBytes)
{
    internal const int Bytes = 12;

    /// <summary>Flags of a request, of one that asks for an answer, and of an answer: bits 0-1 are the version.</summary>
    internal const uint Plain = 1, NeedsReply = 9, Reply = 5;

    /// <summary>Bytes of a message whose payload is one number or a ring's state: a kick, a call, most answers.</summary>
    internal const int ShortMessageBytes = Bytes + 8;

    /// <summary>The longest payload: a configuration of <see cref="ConfigurationBytesMax"/> with its twelve bytes of head.</summary>
    internal const int PayloadBytesMax = 12 + ConfigurationBytesMax;

    /// <summary>The most configuration one message carries.</summary>
    internal const int ConfigurationBytesMax = 512;

    /// <summary>The longest message.</summary>
    internal const int MessageBytesMax = Bytes + PayloadBytesMax;

    internal static VhostUserHeader Read(ReadOnlySpan<byte> message) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(message),
        BinaryPrimitives.ReadUInt32LittleEndian(message[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(message[8..]));

    internal void Write(Span<byte> message)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(message, Request);
        BinaryPrimitives.WriteUInt32LittleEndian(message[4..], Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(message[8..], PayloadBytes);
    }

    /// <summary>Writes a whole message of <see cref="ShortMessageBytes"/> with the number <paramref name="payload"/>.</summary>
    internal static void WriteShort(Span<byte> message, uint request, uint flags, ulong payload)
    {
        new VhostUserHeader(request, flags, 8).Write(message);
        BinaryPrimitives.WriteUInt64LittleEndian(message[Bytes..], payload);
    }
}

/// <summary>Sizes and fields of payloads.</summary>
internal static class VhostUserPayload
{
    /// <summary>Bytes of a number, and of a ring's state (u32 index, u32 value).</summary>
    internal const int Number = 8, VringState = 8;

    /// <summary>Bytes of a ring's addresses: u32 index, u32 flags, u64 descriptors, used, available, log.</summary>
    internal const int VringAddress = 40;

    /// <summary>Bytes before the regions of a memory table (u32 count, u32 padding), and of each region.</summary>
    internal const int MemoryTableHead = 8, RegionBytes = 32;

    /// <summary>Bytes before the contents of a configuration message: u32 offset, size, flags.</summary>
    internal const int ConfigurationHead = 12;

    internal static (uint Index, uint Value) ReadVringState(ReadOnlySpan<byte> payload) => (
        BinaryPrimitives.ReadUInt32LittleEndian(payload), BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]));

    /// <summary>Order on the wire: descriptors, used, available (unlike memory).</summary>
    internal static RingAddresses ReadVringAddress(ReadOnlySpan<byte> payload) => new(
        Descriptors: BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]),
        Available: BinaryPrimitives.ReadUInt64LittleEndian(payload[24..]),
        Used: BinaryPrimitives.ReadUInt64LittleEndian(payload[16..]));

    internal static MemoryRegion ReadRegion(ReadOnlySpan<byte> table, int index)
    {
        ReadOnlySpan<byte> region = table.Slice(MemoryTableHead + (index * RegionBytes), RegionBytes);
        return new MemoryRegion(
            GuestAddress: BinaryPrimitives.ReadUInt64LittleEndian(region),
            Bytes: BinaryPrimitives.ReadUInt64LittleEndian(region[8..]),
            UserAddress: BinaryPrimitives.ReadUInt64LittleEndian(region[16..]),
            FileOffset: BinaryPrimitives.ReadUInt64LittleEndian(region[24..]));
    }

    internal static void WriteRegion(Span<byte> table, int index, MemoryRegion region)
    {
        Span<byte> bytes = table.Slice(MemoryTableHead + (index * RegionBytes), RegionBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, region.GuestAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], region.Bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], region.UserAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], region.FileOffset);
    }

    /// <summary>No flags; the log's address is all ones, as there is none.</summary>
    internal static void WriteVringAddress(Span<byte> payload, int index, RingAddresses addresses)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(payload, (uint)index);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[8..], addresses.Descriptors);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[16..], addresses.Used);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[24..], addresses.Available);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[32..], ulong.MaxValue);
    }
}
