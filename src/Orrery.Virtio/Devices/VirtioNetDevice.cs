using System.Buffers.Binary;

namespace Orrery.Virtio;

/// <summary>Where a network device sends the frames of its guest.</summary>
public interface INetworkBackend
{
    /// <summary>The guest transmits <paramref name="frame"/>, now. The bytes are valid during the call only.</summary>
    void Transmit(ReadOnlySpan<byte> frame);
}

/// <summary>What a network device has done.</summary>
public record struct NetworkCounters
{
    /// <summary>Frames taken from the guest and sent.</summary>
    public long Transmitted { get; set; }

    /// <summary>Frames put into the guest's buffers.</summary>
    public long Received { get; set; }

    /// <summary>Frames of the guest that were not sent: too short, too long, or the link was down.</summary>
    public long TransmitDropped { get; set; }

    /// <summary>Frames for the guest that it had no buffer, or none that is large enough, for; or the link was down.</summary>
    public long ReceiveDropped { get; set; }
}

/// <summary>
/// A network card (VIRTIO 1.2, 5.1): one receive and one transmit ring, a fixed address, a link that can go down. No
/// offloads: what the guest sends is what travels.
/// </summary>
public sealed class VirtioNetDevice : IVirtioDevice
{
    /// <summary>Bytes of an Ethernet address.</summary>
    public const int AddressBytes = 6;

    /// <summary>The largest MTU.</summary>
    public const int MtuMax = 65535;

    /// <summary>The smallest MTU: what IPv4 needs (5.1.4.1).</summary>
    public const int MtuMin = 68;

    /// <summary>Bytes before each frame in a buffer: flags, offloads and the number of buffers (5.1.6).</summary>
    internal const int HeaderBytes = 12;

    /// <summary>Bytes of an Ethernet header, and of a VLAN tag.</summary>
    internal const int EthernetHeaderBytes = 14, VlanTagBytes = 4;

    /// <summary>Feature bits (5.1.3).</summary>
    internal const ulong FeatureMtu = 1UL << 3, FeatureMac = 1UL << 5, FeatureStatus = 1UL << 16;

    /// <summary>The rings (5.1.2).</summary>
    internal const int ReceiveQueue = 0, TransmitQueue = 1;

    /// <summary>Bytes of configuration: address, status, number of queue pairs, MTU (5.1.4).</summary>
    internal const int ConfigurationSize = 12;

    private const int DefaultMtu = 1500;

    private readonly byte[] _address;
    private readonly INetworkBackend _backend;
    private readonly byte[] _frame;
    private VirtioTransport _transport = null!;
    private NetworkCounters _counters;

    /// <summary>A card with its link up.</summary>
    /// <param name="address">Its six-byte Ethernet address.</param>
    /// <param name="mtu">The largest packet inside a frame, in bytes; offered to the guest when it is not 1500.</param>
    /// <param name="backend">Where frames go.</param>
    public VirtioNetDevice(ReadOnlySpan<byte> address, int mtu, INetworkBackend backend)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(address.Length, AddressBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(mtu, MtuMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mtu, MtuMax);
        _address = address.ToArray();
        _backend = backend;
        Mtu = mtu;
        _frame = new byte[mtu + EthernetHeaderBytes + VlanTagBytes];
    }

    /// <summary>The largest packet inside a frame, in bytes.</summary>
    public int Mtu { get; }

    /// <summary>The card's Ethernet address.</summary>
    public ReadOnlySpan<byte> Address => _address;

    /// <summary>
    /// Whether the guest is told when the link goes down or comes up. A Linux guest that can be told first believes the link
    /// to be down and looks again later, which costs up to a second of its first packets.
    /// </summary>
    public bool ReportsLink { get; init; } = true;

    /// <summary>Whether the link is up; see <see cref="SetLink"/>.</summary>
    public bool IsLinkUp { get; private set; } = true;

    /// <summary>What the card has done so far.</summary>
    public NetworkCounters Counters => _counters;

    /// <inheritdoc/>
    public int DeviceId => 1;

    /// <inheritdoc/>
    public int QueueCount => 2;

    /// <inheritdoc/>
    public ulong Features
        => FeatureMac | (ReportsLink ? FeatureStatus : 0) | (Mtu == DefaultMtu ? 0 : FeatureMtu);

    /// <inheritdoc/>
    public int ConfigurationBytes => ConfigurationSize;

    /// <inheritdoc/>
    public void ReadConfiguration(Span<byte> configuration)
    {
        _address.CopyTo(configuration);
        BinaryPrimitives.WriteUInt16LittleEndian(configuration[6..], IsLinkUp ? (ushort)1 : (ushort)0);
        BinaryPrimitives.WriteUInt16LittleEndian(configuration[8..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(configuration[10..], (ushort)Mtu);
    }

    /// <inheritdoc/>
    public bool TryWriteConfiguration(int offset, ReadOnlySpan<byte> value) => false;

    /// <inheritdoc/>
    public void Attach(VirtioTransport transport)
    {
        _transport = transport;
        transport.Queues[ReceiveQueue].KicksWanted = false;
    }

    /// <inheritdoc/>
    public void Start(ulong features)
    {
    }

    /// <inheritdoc/>
    public void Process(VirtioQueue queue)
    {
        if (queue.Index == TransmitQueue)
        {
            Transmit(queue);
        }
    }

    /// <summary>Puts a frame into the guest's next buffer. The guest, which waits, is called at the end of the instant.</summary>
    /// <param name="frame">An Ethernet frame without checksum.</param>
    /// <returns>False when the frame is lost: no guest, no buffer, too long for the buffer, or the link is down.</returns>
    public bool Deliver(ReadOnlySpan<byte> frame)
    {
        bool delivered = false;
        if (IsLinkUp && _transport.TryEnter())
        {
            delivered = TryReceive(_transport.Queues[ReceiveQueue], frame);
            _transport.Leave();
        }

        if (delivered)
        {
            _counters.Received++;
        }
        else
        {
            _counters.ReceiveDropped++;
        }

        return delivered;
    }

    /// <summary>Pulls the cable or plugs it in; the guest is told if it is to be (<see cref="ReportsLink"/>).</summary>
    public void SetLink(bool up)
    {
        if (up != IsLinkUp)
        {
            IsLinkUp = up;
            if (ReportsLink)
            {
                _transport.ConfigurationChanged();
            }
        }
    }

    private void Transmit(VirtioQueue queue)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        while (queue.TryTake(out DescriptorChain chain))
        {
            long bytes = chain.ReadableBytes - HeaderBytes;
            if (bytes < 0 || chain.WritableBytes > 0)
            {
                queue.Reject($"a transmit buffer of {chain.ReadableBytes} readable and {chain.WritableBytes} writable bytes");
                return;
            }

            bool fits = bytes >= EthernetHeaderBytes && bytes <= _frame.Length;
            if (fits)
            {
                chain.Read(header);
                chain.Read(_frame.AsSpan(0, (int)bytes));
            }

            queue.Complete(chain);
            if (fits && IsLinkUp)
            {
                _counters.Transmitted++;
                _backend.Transmit(_frame.AsSpan(0, (int)bytes));
            }
            else
            {
                _counters.TransmitDropped++;
            }
        }

        queue.Publish();
    }

    private static bool TryReceive(VirtioQueue queue, ReadOnlySpan<byte> frame)
    {
        if (!queue.TryTake(out DescriptorChain chain))
        {
            return false;
        }

        if (chain.ReadableBytes > 0)
        {
            queue.Reject($"a receive buffer with {chain.ReadableBytes} readable bytes");
            return false;
        }

        bool fits = chain.WritableBytes >= HeaderBytes + frame.Length;
        if (fits)
        {
            // No offload is in use: all zero but the number of buffers the frame takes (5.1.6.4).
            ReadOnlySpan<byte> header = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
            chain.Write(header);
            chain.Write(frame);
        }

        // A buffer that is too small goes back empty: the driver discards it and makes a new one available.
        queue.Complete(chain);
        queue.Publish();
        return fits;
    }
}
