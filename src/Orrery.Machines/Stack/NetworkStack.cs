using System.Buffers.Binary;
using Orrery.Network;

namespace Orrery.Machines.Stack;

/// <summary>
/// The network stack of a C# machine: Ethernet, ARP, IPv4 with ICMP, IPv6 with neighbour discovery and ICMPv6, UDP. No
/// fragments, no routing beyond the machine's own networks, no TCP. It has no threads and reads no clock: frames,
/// timers and the program above call it, in simulated time.
/// </summary>
/// <remarks>Frames come from the network and are not trusted: what is malformed is counted and dropped.</remarks>
public sealed partial class NetworkStack
{
    private readonly IStackHost _host;
    private readonly IStackUser _user;
    private readonly NeighborTable _neighbors = new();

    // One packet is put together at a time; only packets that wait for a neighbour are copied.
    private readonly byte[] _frame = new byte[Wire.EthernetBytes + Wire.PacketBytesMax];
    private ulong _timerAt = ulong.MaxValue;
    private ushort _ipv4Identification;

    /// <summary>A stack on <paramref name="interfaces"/>, whose places in the list are their numbers.</summary>
    public NetworkStack(IStackHost host, IStackUser user, IReadOnlyList<StackInterface> interfaces)
    {
        _host = host;
        _user = user;
        Interfaces = interfaces;
    }

    /// <summary>The machine's interfaces.</summary>
    public IReadOnlyList<StackInterface> Interfaces { get; }

    /// <summary>Frames that were malformed, or of a kind that the stack does not speak.</summary>
    public ulong DroppedFrames { get; private set; }

    private Span<byte> Packet => _frame.AsSpan(Wire.EthernetBytes);

    /// <summary>Takes a frame that came in on an interface.</summary>
    public void Receive(int networkInterface, ReadOnlySpan<byte> frame)
    {
        StackInterface receiver = Interfaces[networkInterface];
        if (frame.Length < Wire.EthernetBytes)
        {
            DroppedFrames++;
            return;
        }

        MacAddress destination = MacAddress.Read(frame);
        if (destination != receiver.Mac && !destination.IsMulticast)
        {
            return; // flooded by a switch, meant for somebody else
        }

        ReadOnlySpan<byte> payload = frame[Wire.EthernetBytes..];
        bool understood = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) switch
        {
            Wire.TypeArp => ReceiveArp(receiver, payload),
            Wire.TypeIpv4 => ReceiveIpv4(receiver, payload),
            Wire.TypeIpv6 => ReceiveIpv6(receiver, payload),
            _ => false,
        };
        if (!understood)
        {
            DroppedFrames++;
        }
    }

    /// <summary>The machine's timer for the stack is due: neighbours that have not answered are asked again, or given up.</summary>
    public void OnTimer()
    {
        ulong now = _host.Now;
        _timerAt = ulong.MaxValue;
        foreach (Neighbor neighbor in _neighbors.Ordered.Where(entry => entry.Requests > 0).ToList())
        {
            if (neighbor.RetryAt > now)
            {
                RequestTimer(neighbor.RetryAt);
            }
            else if (neighbor.Requests < NeighborTable.RequestsMax)
            {
                Ask(neighbor);
            }
            else
            {
                _neighbors.Remove(neighbor);
                _user.OnUnreachable(neighbor.Address);
            }
        }
    }

    /// <summary>Sends an echo request (RFC 792; RFC 4443, 4.1) with <paramref name="payload"/> behind its header.</summary>
    /// <returns>False when the destination is on none of the machine's networks, or the payload does not fit a packet.</returns>
    public bool SendEchoRequest(IpAddress destination, ushort identifier, ushort sequence, ReadOnlySpan<byte> payload)
    {
        if (!TryRoute(destination, out StackInterface sender, out IpAddress source)
            || payload.Length > Wire.PacketBytesMax - HeaderBytes(destination) - Wire.IcmpEchoBytes)
        {
            return false;
        }

        SendEcho(sender, source, destination, reply: false, identifier, sequence, payload);
        return true;
    }

    /// <summary>Sends a datagram (RFC 768).</summary>
    /// <returns>False when the destination is on none of the machine's networks, or the payload does not fit a packet.</returns>
    public bool SendDatagram(IpAddress destination, ushort sourcePort, ushort destinationPort, ReadOnlySpan<byte> payload)
    {
        if (!TryRoute(destination, out StackInterface sender, out IpAddress source)
            || payload.Length > Wire.PacketBytesMax - HeaderBytes(destination) - Wire.UdpBytes)
        {
            return false;
        }

        int length = Wire.UdpBytes + payload.Length;
        Span<byte> datagram = Packet.Slice(HeaderBytes(destination), length);
        BinaryPrimitives.WriteUInt16BigEndian(datagram, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[2..], destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[4..], (ushort)length);
        datagram[6..8].Clear();
        payload.CopyTo(datagram[Wire.UdpBytes..]);
        ushort checksum = InternetChecksum.Compute(
            datagram, InternetChecksum.PseudoHeader(source, destination, Wire.ProtocolUdp, length));
        BinaryPrimitives.WriteUInt16BigEndian(datagram[6..], checksum == 0 ? (ushort)0xffff : checksum);
        SendPacket(sender, source, destination, Wire.ProtocolUdp, length, Wire.HopLimit);
        return true;
    }

    private static int HeaderBytes(IpAddress destination) => destination.IsV4 ? Wire.Ipv4Bytes : Wire.Ipv6Bytes;

    private bool TryRoute(IpAddress destination, out StackInterface sender, out IpAddress source)
    {
        foreach (StackInterface candidate in Interfaces)
        {
            if (candidate.TryFindSource(destination, out source))
            {
                sender = candidate;
                return true;
            }
        }

        sender = null!;
        source = default;
        return false;
    }

    /// <summary>Puts the internet header before the payload that stands in <see cref="Packet"/> behind it, and sends it.</summary>
    private void SendPacket(
        StackInterface sender, IpAddress source, IpAddress destination, byte protocol, int payloadBytes, byte hopLimit)
    {
        Span<byte> packet = Packet;
        int length = HeaderBytes(destination) + payloadBytes;
        if (destination.IsV4)
        {
            WriteIpv4Header(packet, source, destination, protocol, length, hopLimit);
        }
        else
        {
            WriteIpv6Header(packet, source, destination, protocol, payloadBytes, hopLimit);
        }

        WriteEthernetHeader(sender, destination.IsV4 ? Wire.TypeIpv4 : Wire.TypeIpv6);
        Span<byte> frame = _frame.AsSpan(0, Wire.EthernetBytes + length);
        if (destination.IsMulticast)
        {
            MulticastMac(destination).Write(frame);
            _host.Transmit(sender.Index, frame);
        }
        else
        {
            SendToNeighbor(sender, destination, frame);
        }
    }

    private void SendToNeighbor(StackInterface sender, IpAddress destination, Span<byte> frame)
    {
        ulong now = _host.Now;
        if (!_neighbors.TryGet(sender.Index, destination, out Neighbor neighbor))
        {
            neighbor = _neighbors.Add(sender.Index, destination, now);
        }

        if (neighbor.Mac is { } mac)
        {
            mac.Write(frame);
            _host.Transmit(sender.Index, frame);
            if (now - neighbor.ConfirmedAt >= NeighborTable.ValidNanoseconds && neighbor.Requests == 0)
            {
                Ask(neighbor); // what is old is used and checked at the same time, so that no packet waits for the check
            }

            return;
        }

        if (neighbor.Waiting.Count == NeighborTable.WaitingPacketsMax)
        {
            neighbor.Waiting.Dequeue();
        }

        neighbor.Waiting.Enqueue(frame.ToArray());
        if (neighbor.Requests == 0)
        {
            Ask(neighbor);
        }
    }

    private void Ask(Neighbor neighbor)
    {
        neighbor.Requests++;
        neighbor.RetryAt = _host.Now + NeighborTable.RetryNanoseconds;
        StackInterface sender = Interfaces[neighbor.Interface];
        if (neighbor.Address.IsV4)
        {
            SendArpRequest(sender, neighbor.Address);
        }
        else
        {
            SendNeighborSolicitation(sender, neighbor.Address);
        }

        RequestTimer(neighbor.RetryAt);
    }

    private void RequestTimer(ulong due)
    {
        if (due < _timerAt)
        {
            _timerAt = due;
            _host.SetStackTimer(due);
        }
    }

    /// <summary>A neighbour's Ethernet address was heard: an entry is confirmed, or made when <paramref name="add"/> asks for it.</summary>
    private void Learn(StackInterface receiver, IpAddress address, MacAddress mac, bool add)
    {
        if (!_neighbors.TryGet(receiver.Index, address, out Neighbor neighbor))
        {
            if (!add)
            {
                return;
            }

            neighbor = _neighbors.Add(receiver.Index, address, _host.Now);
        }

        neighbor.Mac = mac;
        neighbor.ConfirmedAt = _host.Now;
        neighbor.Requests = 0;
        while (neighbor.Waiting.TryDequeue(out byte[]? frame))
        {
            mac.Write(frame);
            _host.Transmit(receiver.Index, frame);
        }
    }

    private void WriteEthernetHeader(StackInterface sender, ushort type)
    {
        sender.Mac.Write(_frame.AsSpan(MacAddress.Size));
        BinaryPrimitives.WriteUInt16BigEndian(_frame.AsSpan(2 * MacAddress.Size), type);
    }

    // RFC 1112, 6.4; RFC 2464, 7.
    private static MacAddress MulticastMac(IpAddress group) => group.IsV4
        ? new MacAddress(0x0100_5e00_0000 | (ulong)(group.Value & 0x7f_ffff))
        : new MacAddress(0x3333_0000_0000 | (ulong)(group.Value & 0xffff_ffff));
}
