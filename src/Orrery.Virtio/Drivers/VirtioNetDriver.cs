using System.Buffers.Binary;

namespace Orrery.Virtio;

/// <summary>Where a network driver hands the frames it receives.</summary>
public interface INetworkDriverEvents
{
    /// <summary>A frame has come. Its bytes are good during the call only.</summary>
    void FrameReceived(ReadOnlySpan<byte> frame);

    /// <summary>The link has gone down or come up.</summary>
    void LinkChanged(bool up);
}

/// <summary>What a network driver needs to know.</summary>
public sealed record NetworkDriverOptions
{
    /// <summary>Receive buffers: how many frames of one instant are not lost. A power of two.</summary>
    public int ReceiveBuffers { get; init; } = 64;

    /// <summary>Transmit buffers. A power of two.</summary>
    public int TransmitBuffers { get; init; } = 16;

    /// <summary>The largest packet inside a frame.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>The six-byte address when the device has none of its own.</summary>
    public ReadOnlyMemory<byte> Address { get; init; } = new byte[VirtioNetDevice.AddressBytes];
}

/// <summary>
/// Drives a network card (VIRTIO 1.2, 5.1), with no offloads. Transmit buffers are taken back at the next frame, without an
/// interrupt, unless all are lent.
/// </summary>
public sealed class VirtioNetDriver : IVirtioDriver
{
    /// <summary>Bytes before a frame on a device without version 1 (5.1.6.1).</summary>
    private const int LegacyHeaderBytes = 10;

    private readonly NetworkDriverOptions _options;
    private readonly INetworkDriverEvents _events;
    private readonly byte[] _address;
    private readonly BufferReceiver _receive;
    private DriverTransport? _transport;
    private int _headerBytes = VirtioNetDevice.HeaderBytes;

    /// <summary>A driver without its device.</summary>
    public VirtioNetDriver(NetworkDriverOptions options, INetworkDriverEvents events)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(options.Address.Length, VirtioNetDevice.AddressBytes);
        _options = options;
        _events = events;
        _receive = Receive;
        _address = options.Address.ToArray();
        Queues =
        [
            new DriverQueueLayout(options.ReceiveBuffers, BufferBytes),
            new DriverQueueLayout(options.TransmitBuffers, BufferBytes),
        ];
    }

    /// <inheritdoc/>
    public ulong Features => VirtioNetDevice.FeatureMac | VirtioNetDevice.FeatureStatus | VirtioNetDevice.FeatureMtu;

    /// <inheritdoc/>
    public IReadOnlyList<DriverQueueLayout> Queues { get; }

    /// <summary>The card's address: the device's, or the one of the options.</summary>
    public ReadOnlySpan<byte> Address => _address;

    /// <summary>The largest packet inside a frame: the options' or the device's, the smaller.</summary>
    public int Mtu { get; private set; }

    /// <summary>Whether the link is up; true for a device that does not say.</summary>
    public bool IsLinkUp { get; private set; } = true;

    /// <summary>Frames that could not be sent: too long, or all buffers lent.</summary>
    public long Dropped { get; private set; }

    private int BufferBytes
        => VirtioNetDevice.HeaderBytes + VirtioNetDevice.EthernetHeaderBytes + VirtioNetDevice.VlanTagBytes + _options.Mtu;

    /// <inheritdoc/>
    public void Start(DriverTransport transport)
    {
        _transport = transport;
        _headerBytes = Has((ulong)VirtioFeatures.Version1) ? VirtioNetDevice.HeaderBytes : LegacyHeaderBytes;
        Mtu = _options.Mtu;
        ReadConfiguration();
        DriverQueue receive = transport.Queues[VirtioNetDevice.ReceiveQueue];
        while (receive.TryGetFree(out Span<byte> buffer))
        {
            receive.Offer(buffer.Length, deviceWritable: true);
        }

        transport.Queues[VirtioNetDevice.TransmitQueue].SetCallsWanted(false);
        receive.Publish();
    }

    /// <inheritdoc/>
    public void Process(DriverQueue queue)
    {
        if (queue.Index == VirtioNetDevice.ReceiveQueue)
        {
            queue.Receive(_receive);
        }
        else
        {
            queue.Reclaim();
        }
    }

    /// <inheritdoc/>
    public void ConfigurationChanged()
    {
        bool before = IsLinkUp;
        ReadConfiguration();
        if (IsLinkUp != before)
        {
            _events.LinkChanged(IsLinkUp);
        }
    }

    /// <summary>Sends a frame, now.</summary>
    /// <returns>False when it is lost: too long, all buffers lent, or the device is gone.</returns>
    public bool TrySend(ReadOnlySpan<byte> frame)
    {
        if (_transport is null)
        {
            return false;
        }

        DriverQueue queue = _transport.Queues[VirtioNetDevice.TransmitQueue];
        queue.Reclaim();
        if (!queue.TryGetFree(out Span<byte> buffer) || _headerBytes + frame.Length > buffer.Length)
        {
            Dropped++;
            return false;
        }

        buffer[.._headerBytes].Clear();
        frame.CopyTo(buffer[_headerBytes..]);
        queue.Offer(_headerBytes + frame.Length, deviceWritable: false);
        queue.Publish();
        return true;
    }

    private bool Has(ulong feature) => (_transport!.Features & feature) == feature;

    private void ReadConfiguration()
    {
        Span<byte> configuration = stackalloc byte[VirtioNetDevice.ConfigurationSize];
        if (!_transport!.TryReadConfiguration(0, configuration))
        {
            return;
        }

        if (Has(VirtioNetDevice.FeatureMac))
        {
            configuration[..VirtioNetDevice.AddressBytes].CopyTo(_address);
        }

        if (Has(VirtioNetDevice.FeatureStatus))
        {
            IsLinkUp = (configuration[6] & 1) != 0;
        }

        if (Has(VirtioNetDevice.FeatureMtu))
        {
            Mtu = Math.Min(_options.Mtu, BinaryPrimitives.ReadUInt16LittleEndian(configuration[10..]));
        }
    }

    private void Receive(ReadOnlySpan<byte> written)
    {
        if (written.Length >= _headerBytes)
        {
            _events.FrameReceived(written[_headerBytes..]);
        }
    }
}
