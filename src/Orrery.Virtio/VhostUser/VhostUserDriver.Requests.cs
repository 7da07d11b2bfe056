using System.Buffers.Binary;
using Orrery.Posix;

namespace Orrery.Virtio;

/// <content>What a driver asks of its device, in the order of a User-Mode Linux guest.</content>
public sealed partial class VhostUserDriver
{
    private const ProtocolFeatures UsedProtocolFeatures = ProtocolFeatures.Required | ProtocolFeatures.Configuration;

    private ProtocolFeatures _protocolFeatures;

    /// <inheritdoc/>
    /// <remarks>Read from offset 0, as User-Mode Linux does and some devices insist on.</remarks>
    public override bool TryReadConfiguration(int offset, Span<byte> value)
    {
        int size = offset + value.Length;
        if ((_protocolFeatures & ProtocolFeatures.Configuration) == 0 || size > VhostUserHeader.ConfigurationBytesMax)
        {
            return false;
        }

        Span<byte> payload = stackalloc byte[VhostUserHeader.PayloadBytesMax];
        payload = payload[..(VhostUserPayload.ConfigurationHead + size)];
        payload.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(payload[4..], size);
        if (!TryAsk(VhostUserRequest.GetConfiguration, VhostUserHeader.Plain, payload))
        {
            return false;
        }

        ReadOnlySpan<byte> answer = _reader.Payload;
        if (answer.Length != payload.Length || BinaryPrimitives.ReadInt32LittleEndian(answer[4..]) != size)
        {
            Fail(VirtioRule.ConfigurationRange, $"an answer of {answer.Length} bytes where {payload.Length} were asked for");
            return false;
        }

        answer[(VhostUserPayload.ConfigurationHead + offset)..].CopyTo(value);
        DropAnswer();
        return State == TransportState.Connected;
    }

    /// <inheritdoc/>
    public override bool TryWriteConfiguration(int offset, ReadOnlySpan<byte> value)
    {
        if ((_protocolFeatures & ProtocolFeatures.Configuration) == 0 || value.Length > VhostUserHeader.ConfigurationBytesMax)
        {
            return false;
        }

        Span<byte> payload = stackalloc byte[VhostUserHeader.PayloadBytesMax];
        payload = payload[..(VhostUserPayload.ConfigurationHead + value.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(payload, offset);
        BinaryPrimitives.WriteInt32LittleEndian(payload[4..], value.Length);
        BinaryPrimitives.WriteInt32LittleEndian(payload[8..], 0);
        value.CopyTo(payload[VhostUserPayload.ConfigurationHead..]);
        return TryAskStatus(VhostUserRequest.SetConfiguration, payload, [], out bool done) && done;
    }

    private protected override bool TryNegotiate(out ulong offered)
    {
        offered = 0;
        if (!TrySend(VhostUserRequest.SetOwner, VhostUserHeader.Plain, [])
            || !TryGet(VhostUserRequest.GetFeatures, out offered))
        {
            return false;
        }

        if ((offered & (ulong)VirtioFeatures.ProtocolFeatures) == 0)
        {
            Fail(VirtioRule.Features, "the device has no protocol features, and so no notifications in simulated time");
            return false;
        }

        if (!TryGet(VhostUserRequest.GetProtocolFeatures, out ulong protocolFeatures))
        {
            return false;
        }

        ProtocolFeatures missing = ProtocolFeatures.Required & ~(ProtocolFeatures)protocolFeatures;
        if (missing != 0)
        {
            Fail(VirtioRule.Features, $"the device does not offer {missing}, which notifications in simulated time need");
            return false;
        }

        _protocolFeatures = (ProtocolFeatures)protocolFeatures & UsedProtocolFeatures;
        return TryDoNumber(VhostUserRequest.SetProtocolFeatures, (ulong)_protocolFeatures) && TryOpenBackChannel();
    }

    private protected override bool TrySetFeatures(ulong features)
        => TryDoNumber(VhostUserRequest.SetFeatures, features | (ulong)VirtioFeatures.ProtocolFeatures);

    private protected override DriverMemory CreateMemory(long bytes) => DriverMemory.CreateShared(bytes);

    /// <summary>One region, and room for a second as User-Mode Linux has it.</summary>
    private protected override bool TryShare(DriverMemory memory)
    {
        Span<byte> payload = stackalloc byte[VhostUserPayload.MemoryTableHead + (2 * VhostUserPayload.RegionBytes)];
        payload.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(payload, 1);
        VhostUserPayload.WriteRegion(
            payload, 0, new MemoryRegion(DriverMemory.Address, (ulong)memory.Bytes, DriverMemory.Address, 0));
        return TryDo(VhostUserRequest.SetMemoryTable, payload, [memory.File!.Number]);
    }

    private protected override bool TrySetUpRing(int index, int size, RingAddresses addresses)
    {
        Span<byte> payload = stackalloc byte[VhostUserPayload.VringAddress];
        VhostUserPayload.WriteVringAddress(payload, index, addresses);
        return TryDoState(VhostUserRequest.SetVringNum, index, size)
            && TryDoState(VhostUserRequest.SetVringBase, index, 0)
            && TryDo(VhostUserRequest.SetVringAddress, payload);
    }

    private protected override bool TryEnableRing(int index, bool enabled)
        => TryDoState(VhostUserRequest.SetVringEnable, index, enabled ? 1 : 0);

    private protected override bool TryKick(int index) => TryDoState(VhostUserRequest.VringKick, index, 0);

    private bool TryOpenBackChannel()
    {
        (FileDescriptor mine, FileDescriptor theirs) = UnixSocket.CreatePair();
        _backChannel = new DriverBackChannel(mine, _reactor, this);
        using (theirs)
        {
            return TryDo(VhostUserRequest.SetBackChannel, [], [theirs.Number]);
        }
    }

    private bool TryDoNumber(VhostUserRequest request, ulong value)
    {
        Span<byte> payload = stackalloc byte[VhostUserPayload.Number];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, value);
        return TryDo(request, payload);
    }

    private bool TryDoState(VhostUserRequest request, int index, int value)
        => TryDoNumber(request, (uint)index | ((ulong)(uint)value << 32));
}
