using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Orrery.Network;

namespace Orrery.Lab.Files;

/// <summary>
/// Gives every interface its MAC, and an address of each family for which the file gives none.
/// </summary>
/// <remarks>
/// MAC: <c>02:00:NN:NN:II:II</c>, the node's position in the file from 1 and the interface's number.
/// IPv4: a network's subnet is what <c>subnet:</c> says, else that of the first address given on it, else the next free one
/// of 10.0.0.0/8, a /24 or as much wider as its ports need; its ports get the free host numbers from 1 on in order.
/// IPv6: the prefix is that of the first address given, else <c>fd00:0:0:N::/64</c> with the network's position from 1.
/// </remarks>
public sealed class AddressPlan
{
    private const uint PoolBase = 10u << 24;
    private const uint PoolEnd = 11u << 24;

    private readonly IReadOnlyList<NetworkDraft> _networks;
    private readonly List<LabDiagnostic> _diagnostics;
    private readonly ImmutableArray<PortReference>[] _ports;
    private readonly PlannedInterface[][] _interfaces;
    private readonly List<InterfaceAddress>[][] _addresses;
    private readonly Dictionary<IPAddress, string> _taken = [];

    private AddressPlan(IReadOnlyList<NetworkDraft> networks, ImmutableArray<PortReference>[] ports, PlannedInterface[][] interfaces, List<LabDiagnostic> diagnostics)
    {
        _networks = networks;
        _ports = ports;
        _interfaces = interfaces;
        _diagnostics = diagnostics;
        _addresses = [.. interfaces.Select(node => node.Select(_ => new List<InterfaceAddress>()).ToArray())];
    }

    /// <summary>The interfaces of each node, complete. Every port must exist among the interfaces.</summary>
    internal static ImmutableArray<InterfaceDefinition>[] Make(IReadOnlyList<NodeDraft> nodes, IReadOnlyList<NetworkDraft> networks,
        ImmutableArray<PortReference>[] ports, PlannedInterface[][] interfaces, List<LabDiagnostic> diagnostics)
    {
        var plan = new AddressPlan(networks, ports, interfaces, diagnostics);
        plan.TakeGiven(nodes);
        plan.AssignIPv4();
        plan.AssignIPv6();
        var macs = new Dictionary<MacAddress, string>();
        return [.. nodes.Select((node, index) => plan.Complete(node, index, macs))];
    }

    /// <summary>The MAC of an interface for which the file gives none.</summary>
    public static MacAddress DefaultMac(int node, int index) => new(0x0200UL << 32 | (ulong)(node + 1) << 16 | (uint)index);

    private void TakeGiven(IReadOnlyList<NodeDraft> nodes)
    {
        for (int node = 0; node < nodes.Count; node++)
        {
            foreach (PlannedInterface planned in _interfaces[node])
            {
                foreach (PlacedAddress given in planned.Draft?.Addresses ?? [])
                {
                    string owner = $"{nodes[node].Definition.Name}.eth{planned.Index}";
                    if (_taken.TryAdd(given.Address.Address, owner))
                    {
                        _addresses[node][planned.Index].Add(given.Address);
                    }
                    else
                    {
                        _diagnostics.Add(given.Place.Error($"address {given.Address.Address}, which {_taken[given.Address.Address]} has", "an address of its own"));
                    }
                }
            }
        }
    }

    private void AssignIPv4()
    {
        IPNetwork?[] subnets = [.. _networks.Select((network, index) => network.Subnet?.Subnet ?? GivenNetwork(index, AddressFamily.InterNetwork))];
        uint next = PoolBase;
        for (int network = 0; network < subnets.Length; network++)
        {
            PortReference[] open = [.. Open(network, AddressFamily.InterNetwork)];
            if (open.Length > 0)
            {
                subnets[network] ??= TakeFromPool(ref next, _ports[network].Length, subnets, network);
            }

            if (open.Length > 0 && subnets[network] is { } subnet)
            {
                AssignIPv4(network, open, subnet);
            }

            ReportStrangers(network, subnets[network]);
        }
    }

    private void AssignIPv4(int network, PortReference[] open, IPNetwork subnet)
    {
        uint first = ToUInt32(subnet.BaseAddress);
        uint host = 1;
        uint hostEnd = (uint)((1UL << (32 - subnet.PrefixLength)) - 1);
        foreach (PortReference port in open)
        {
            while (host < hostEnd && _taken.ContainsKey(ToAddress(first + host)))
            {
                host++;
            }

            if (host >= hostEnd)
            {
                Place place = _networks[network].Subnet?.Place ?? _networks[network].Place;
                _diagnostics.Add(place.Error($"no free address in {subnet} for {_ports[network].Length} ports", "a wider subnet"));
                return;
            }

            Add(port, new InterfaceAddress(ToAddress(first + host), subnet.PrefixLength));
        }
    }

    /// <summary>The next block of the pool with room for the ports that touches no subnet known by now.</summary>
    private IPNetwork? TakeFromPool(ref uint next, int ports, IPNetwork?[] subnets, int network)
    {
        int bits = Math.Max(8, 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)ports + 1));
        uint size = 1u << bits;
        uint start = (next + size - 1) & ~(size - 1);
        while (start + size <= PoolEnd)
        {
            uint clear = subnets.Max(subnet => subnet is { } known && Overlaps(known, start, size) ? End(known) : 0);
            if (clear == 0)
            {
                next = start + size;
                return new IPNetwork(ToAddress(start), 32 - bits);
            }

            start = (clear + size - 1) & ~(size - 1);
        }

        _diagnostics.Add(_networks[network].Place.Error("no room left in 10.0.0.0/8", "a 'subnet' of its own"));
        return null;
    }

    private void AssignIPv6()
    {
        for (int network = 0; network < _networks.Count; network++)
        {
            IPNetwork prefix = GivenNetwork(network, AddressFamily.InterNetworkV6)
                ?? new IPNetwork(ToAddress(0xfd00UL << 48 | (uint)(network + 1), 0), 64);
            byte[] bytes = prefix.BaseAddress.GetAddressBytes();
            ulong high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
            ulong low = BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(8));
            uint host = 1;
            foreach (PortReference port in Open(network, AddressFamily.InterNetworkV6))
            {
                while (_taken.ContainsKey(ToAddress(high, low + host)))
                {
                    host++;
                }

                Add(port, new InterfaceAddress(ToAddress(high, low + host), prefix.PrefixLength));
            }
        }
    }

    private void Add(PortReference port, InterfaceAddress address)
    {
        _taken.Add(address.Address, "another interface");
        _addresses[port.Node][port.Interface].Add(address);
    }

    /// <summary>The ports that still need an address of the family.</summary>
    private IEnumerable<PortReference> Open(int network, AddressFamily family) => _ports[network].Where(port =>
        _interfaces[port.Node][port.Interface].Draft?.Addresses is not { Count: 0 }
        && _addresses[port.Node][port.Interface].All(address => address.Address.AddressFamily != family));

    private IPNetwork? GivenNetwork(int network, AddressFamily family)
    {
        foreach (PortReference port in _ports[network])
        {
            foreach (InterfaceAddress address in _addresses[port.Node][port.Interface])
            {
                if (address.Address.AddressFamily == family)
                {
                    return address.Network;
                }
            }
        }

        return null;
    }

    /// <summary>Ports whose only IPv4 addresses are outside the network's subnet cannot talk to the others.</summary>
    private void ReportStrangers(int network, IPNetwork? subnet)
    {
        // After an error the subnet may be another than what was meant.
        if (subnet is null || _diagnostics.Exists(diagnostic => !diagnostic.IsWarning))
        {
            return;
        }

        foreach (PortReference port in _ports[network])
        {
            PlacedAddress[] given = [.. (_interfaces[port.Node][port.Interface].Draft?.Addresses ?? []).Where(a => a.Address.Address.AddressFamily == AddressFamily.InterNetwork)];
            if (given.Length > 0 && given.All(address => !subnet.Value.Contains(address.Address.Address)))
            {
                _diagnostics.Add(given[0].Place.Warning($"address {given[0].Address} on '{_networks[network].Definition.Name}'", $"one in {subnet}, as the others there have"));
            }
        }
    }

    private ImmutableArray<InterfaceDefinition> Complete(NodeDraft node, int index, Dictionary<MacAddress, string> macs)
    {
        var result = ImmutableArray.CreateBuilder<InterfaceDefinition>();
        foreach (PlannedInterface planned in _interfaces[index])
        {
            MacAddress mac = planned.Draft?.Mac?.Mac ?? DefaultMac(index, planned.Index);
            string owner = $"{node.Definition.Name}.eth{planned.Index}";
            if (!macs.TryAdd(mac, owner))
            {
                _diagnostics.Add((planned.Draft?.Mac?.Place ?? node.Place).Error($"MAC {mac}, which {macs[mac]} has", "a MAC of its own"));
            }

            result.Add(new InterfaceDefinition
            {
                Name = $"eth{planned.Index}",
                Index = planned.Index,
                Mac = mac,
                Addresses = [.. _addresses[index][planned.Index].OrderBy(a => a.Address.AddressFamily == AddressFamily.InterNetworkV6)],
                Network = planned.Network,
            });
        }

        return result.DrainToImmutable();
    }

    private static bool Overlaps(IPNetwork known, uint start, uint size) =>
        ToUInt32(known.BaseAddress) < start + size && start < (ulong)ToUInt32(known.BaseAddress) + (1UL << (32 - known.PrefixLength));

    private static uint End(IPNetwork known) => (uint)Math.Min(uint.MaxValue, ToUInt32(known.BaseAddress) + (1UL << (32 - known.PrefixLength)));

    private static uint ToUInt32(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    private static IPAddress ToAddress(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new IPAddress(bytes);
    }

    private static IPAddress ToAddress(ulong high, ulong low)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], low);
        return new IPAddress(bytes);
    }
}
