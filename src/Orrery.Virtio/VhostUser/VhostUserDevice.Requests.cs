using System.Buffers.Binary;
using Orrery.Posix;

namespace Orrery.Virtio;

/// <content>The requests of the guest: negotiation, memory, configuration.</content>
public sealed partial class VhostUserDevice
{
    private const ProtocolFeatures OfferedProtocolFeatures = ProtocolFeatures.Required | ProtocolFeatures.Configuration;

    private ProtocolFeatures _protocolFeatures;

    /// <summary>Why a request is refused. Null stands for done.</summary>
    private sealed record Refusal(VirtioRule Rule, string Found);

    private void Serve(VhostUserHeader header, ReadOnlySpan<byte> payload)
    {
        var request = (VhostUserRequest)header.Request;
        if (CheckForm(request, payload) is Refusal malformed)
        {
            Acknowledge(header, malformed);
            return;
        }

        switch (request)
        {
            case VhostUserRequest.GetFeatures:
                Reply(OfferedFeatures | (ulong)VirtioFeatures.ProtocolFeatures);
                break;
            case VhostUserRequest.GetProtocolFeatures:
                Reply((ulong)OfferedProtocolFeatures);
                break;
            case VhostUserRequest.GetConfiguration:
                if (GetConfiguration(payload) is Refusal refusal)
                {
                    Fail(refusal.Rule, refusal.Found);
                }

                break;
            case VhostUserRequest.SetOwner:
                Acknowledge(header, null);
                break;
            case VhostUserRequest.SetFeatures:
                Acknowledge(header, SetFeatures(BinaryPrimitives.ReadUInt64LittleEndian(payload)));
                break;
            case VhostUserRequest.SetProtocolFeatures:
                Acknowledge(header, SetProtocolFeatures((ProtocolFeatures)BinaryPrimitives.ReadUInt64LittleEndian(payload)));
                break;
            case VhostUserRequest.SetMemoryTable:
                Acknowledge(header, SetMemoryTable(payload));
                break;
            case VhostUserRequest.SetVringNum:
            case VhostUserRequest.SetVringAddress:
            case VhostUserRequest.SetVringBase:
            case VhostUserRequest.SetVringEnable:
            case VhostUserRequest.VringKick:
                Acknowledge(header, ServeRing(request, payload));
                break;
            case VhostUserRequest.SetBackChannel:
                Acknowledge(header, SetBackChannel(_reader.TakeDescriptor(0)));
                break;
            case VhostUserRequest.SetConfiguration:
                AnswerStatus(header, SetConfiguration(payload));
                break;
            default:
                // Refused, which a driver of a later version understands. What came with it is closed.
                AnswerStatus(header, done: false);
                break;
        }
    }

    /// <summary>Answers a request, if it asks for that; a refusal is the end of the connection.</summary>
    private void Acknowledge(VhostUserHeader header, Refusal? refusal)
    {
        AnswerStatus(header, refusal is null);
        if (refusal is not null)
        {
            Fail(refusal.Rule, refusal.Found);
        }
    }

    private void AnswerStatus(VhostUserHeader header, bool done)
    {
        if ((header.Flags & VhostUserHeader.NeedsReply) == VhostUserHeader.NeedsReply)
        {
            Reply(done ? 0UL : 1UL);
        }
    }

    private Refusal? CheckForm(VhostUserRequest request, ReadOnlySpan<byte> payload)
    {
        if ((_reader.Header.Flags & ~VhostUserHeader.NeedsReply) != 0)
        {
            return new(VirtioRule.MessageHeader, $"request {request} with flags 0x{_reader.Header.Flags:x}");
        }

        (int bytes, int descriptors) = request switch
        {
            VhostUserRequest.GetFeatures or VhostUserRequest.GetProtocolFeatures or VhostUserRequest.SetOwner => (0, 0),
            VhostUserRequest.SetFeatures or VhostUserRequest.SetProtocolFeatures => (VhostUserPayload.Number, 0),
            VhostUserRequest.SetVringNum or VhostUserRequest.SetVringBase or VhostUserRequest.SetVringEnable
                or VhostUserRequest.VringKick => (VhostUserPayload.VringState, 0),
            VhostUserRequest.SetVringAddress => (VhostUserPayload.VringAddress, 0),
            VhostUserRequest.SetBackChannel => (0, 1),
            VhostUserRequest.SetMemoryTable => MemoryTableForm(payload),
            VhostUserRequest.GetConfiguration or VhostUserRequest.SetConfiguration => (ConfigurationForm(payload), 0),
            _ => (payload.Length, _reader.DescriptorCount),
        };
        if (payload.Length != bytes)
        {
            return new(VirtioRule.PayloadSize, $"request {request} with {payload.Length} bytes of payload; {bytes} expected");
        }

        return _reader.DescriptorCount != descriptors
            ? new(VirtioRule.FileDescriptors, $"request {request} with {_reader.DescriptorCount} descriptors; {descriptors} expected")
            : null;
    }

    /// <summary>Room for regions that are not used may follow: User-Mode Linux always sends room for two.</summary>
    private static (int Bytes, int Descriptors) MemoryTableForm(ReadOnlySpan<byte> payload)
    {
        uint count = payload.Length < VhostUserPayload.MemoryTableHead ? 1 : BinaryPrimitives.ReadUInt32LittleEndian(payload);
        count = Math.Min(count, GuestMemory.RegionsMax + 1);
        int needed = VhostUserPayload.MemoryTableHead + ((int)count * VhostUserPayload.RegionBytes);
        bool padded = payload.Length > needed && (payload.Length - needed) % VhostUserPayload.RegionBytes == 0;
        return (padded ? payload.Length : needed, (int)count);
    }

    private static int ConfigurationForm(ReadOnlySpan<byte> payload)
        => VhostUserPayload.ConfigurationHead + (payload.Length < VhostUserPayload.ConfigurationHead
            ? 0
            : (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]), VhostUserHeader.ConfigurationBytesMax));

    private Refusal? SetFeatures(ulong features)
    {
        ulong offered = OfferedFeatures | (ulong)VirtioFeatures.ProtocolFeatures;
        if ((features & ~offered) != 0)
        {
            return new(VirtioRule.Features, $"features 0x{features & ~offered:x} were taken that are not offered");
        }

        const ulong needed = (ulong)(VirtioFeatures.Version1 | VirtioFeatures.ProtocolFeatures);
        if ((features & needed) != needed)
        {
            return new(VirtioRule.Features, $"features 0x{needed & ~features:x} were not taken and are needed");
        }

        // A driver starts, or starts over on the same connection.
        StopQueues();
        Array.Clear(_setups);
        Features = features & ~(ulong)VirtioFeatures.ProtocolFeatures;
        Device.Start(Features);
        return null;
    }

    private Refusal? SetProtocolFeatures(ProtocolFeatures features)
    {
        if ((features & ~OfferedProtocolFeatures) != 0)
        {
            return new(VirtioRule.Features, $"protocol features 0x{(ulong)(features & ~OfferedProtocolFeatures):x} were taken that are not offered");
        }

        if ((features & ProtocolFeatures.Required) != ProtocolFeatures.Required)
        {
            return new(
                VirtioRule.Features,
                $"protocol features {ProtocolFeatures.Required & ~features} were not taken and are needed in simulated time");
        }

        _protocolFeatures = features;
        return null;
    }

    private Refusal? SetMemoryTable(ReadOnlySpan<byte> payload)
    {
        StopQueues();
        Array.Clear(_setups);
        Memory?.Dispose();
        var regions = new MemoryRegion[_reader.DescriptorCount];
        var files = new FileDescriptor[regions.Length];
        for (int i = 0; i < regions.Length; i++)
        {
            regions[i] = VhostUserPayload.ReadRegion(payload, i);
            files[i] = _reader.TakeDescriptor(i);
        }

        Memory = GuestMemory.Map(regions, files, out string? problem);
        return problem is null ? null : new(VirtioRule.MemoryTable, $"a memory table with {problem}");
    }

    private Refusal? SetBackChannel(FileDescriptor channel)
    {
        if (!UnixSocket.IsConnectedStream(channel))
        {
            channel.Dispose();
            return new(VirtioRule.FileDescriptors, "a back channel that is no connected Unix stream socket");
        }

        UnixSocket.SetTimeouts(channel, _answerLimitMilliseconds);
        _backChannel?.Dispose();
        _backChannel = new BackChannel(channel, _reactor, this);
        return null;
    }

    private Refusal? GetConfiguration(ReadOnlySpan<byte> payload)
    {
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(payload);
        int size = payload.Length - VhostUserPayload.ConfigurationHead;
        if (offset + (ulong)size > VhostUserHeader.ConfigurationBytesMax)
        {
            return new(VirtioRule.ConfigurationRange, $"{size} bytes of configuration read at {offset}");
        }

        // The answer repeats the head, then what was asked for; beyond the end there are zeros (a guest reads byte by byte).
        ConfigurationRead();
        Span<byte> configuration = stackalloc byte[2 * VhostUserHeader.ConfigurationBytesMax];
        configuration.Clear();
        Device.ReadConfiguration(configuration[..Device.ConfigurationBytes]);
        Span<byte> message = stackalloc byte[VhostUserHeader.MessageBytesMax];
        message = message[..(VhostUserHeader.Bytes + payload.Length)];
        new VhostUserHeader(_reader.Header.Request, VhostUserHeader.Reply, (uint)payload.Length).Write(message);
        payload[..VhostUserPayload.ConfigurationHead].CopyTo(message[VhostUserHeader.Bytes..]);
        configuration.Slice((int)offset, size).CopyTo(message[(VhostUserHeader.Bytes + VhostUserPayload.ConfigurationHead)..]);
        Send(message);
        return null;
    }

    private bool SetConfiguration(ReadOnlySpan<byte> payload)
    {
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(payload);
        ReadOnlySpan<byte> value = payload[VhostUserPayload.ConfigurationHead..];
        return offset + (ulong)value.Length <= (ulong)Device.ConfigurationBytes
            && Device.TryWriteConfiguration((int)offset, value);
    }
}
