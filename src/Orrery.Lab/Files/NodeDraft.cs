using Orrery.Network;

namespace Orrery.Lab.Files;

/// <summary>A node as read, before its interfaces are known.</summary>
/// <param name="Definition">Complete but for <see cref="NodeDefinition.Interfaces"/>.</param>
/// <param name="Place">Where its name stands.</param>
/// <param name="Interfaces">What the file says about single interfaces, by their index.</param>
internal sealed record NodeDraft(NodeDefinition Definition, Place Place, IReadOnlyDictionary<int, InterfaceDraft> Interfaces);

/// <summary>What the file says about an interface.</summary>
/// <param name="Place">Where it says so.</param>
/// <param name="Addresses">Its addresses; null: assigned; empty: none.</param>
/// <param name="Mac">Its MAC; null: derived from its position.</param>
internal sealed record InterfaceDraft(Place Place, IReadOnlyList<PlacedAddress>? Addresses, PlacedMac? Mac);

/// <summary>An address and where it stands.</summary>
internal readonly record struct PlacedAddress(InterfaceAddress Address, Place Place);

/// <summary>A MAC and where it stands.</summary>
internal readonly record struct PlacedMac(MacAddress Mac, Place Place);

/// <summary>A link or segment as read, its ports resolved to nodes, before interfaces are numbered.</summary>
/// <param name="Definition">Complete but for <see cref="NetworkDefinition.Ports"/>.</param>
/// <param name="Place">Where it begins.</param>
/// <param name="Ports">Its ports in order.</param>
/// <param name="Subnet">Where addresses are assigned from; null: chosen.</param>
internal sealed record NetworkDraft(NetworkDefinition Definition, Place Place, IReadOnlyList<PortDraft> Ports, PlacedSubnet? Subnet);

/// <summary>A port as written: a node, and its interface if the file names one (<c>router.eth1</c>).</summary>
internal readonly record struct PortDraft(int Node, int? Interface, Place Place);

/// <summary>A subnet and where it stands.</summary>
internal readonly record struct PlacedSubnet(System.Net.IPNetwork Subnet, Place Place);
