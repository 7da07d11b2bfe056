using System.Net;
using System.Net.Sockets;

namespace Orrery.Lab.Files;

/// <summary>Names of nodes as one node resolves them.</summary>
internal static class HostTable
{
    public static IEnumerable<HostEntry> Of(LabDefinition lab, NodeDefinition reader)
        => lab.Nodes.SelectMany(node => NamesOf(node, reader));

    /// <summary>The first entry of <see cref="Of"/> with this name, found without making the others.</summary>
    public static IPAddress? Find(LabDefinition lab, NodeDefinition reader, string name)
    {
        foreach (NodeDefinition node in lab.Nodes)
        {
            if (MayBeNameOf(node.Name, name)
                && NamesOf(node, reader).Where(entry => entry.Name == name).Select(entry => entry.Address).FirstOrDefault() is { } address)
            {
                return address;
            }
        }

        return null;
    }

    // NODE or NODE.eth0
    private static bool MayBeNameOf(string node, string name)
        => name.StartsWith(node, StringComparison.Ordinal) && (name.Length == node.Length || name[node.Length] == '.');

    private static IEnumerable<HostEntry> NamesOf(NodeDefinition node, NodeDefinition reader)
    {
        InterfaceDefinition? nearest = node.Interfaces.FirstOrDefault(i => reader.Interfaces.Any(r => r.Network == i.Network))
            ?? node.Interfaces.FirstOrDefault();
        if (nearest is not null)
        {
            foreach (HostEntry entry in Entries(node.Name, [nearest, .. node.Interfaces]))
            {
                yield return entry;
            }
        }

        if (node.Interfaces.Length < 2)
        {
            yield break;
        }

        foreach (InterfaceDefinition i in node.Interfaces)
        {
            foreach (HostEntry entry in Entries($"{node.Name}.{i.Name}", [i]))
            {
                yield return entry;
            }
        }
    }

    /// <summary>The first address of each family among the interfaces, the preferred one first.</summary>
    private static IEnumerable<HostEntry> Entries(string name, InterfaceDefinition[] interfaces)
    {
        foreach (AddressFamily family in new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 })
        {
            IPAddress? address = interfaces.SelectMany(i => i.Addresses).Select(a => a.Address).FirstOrDefault(a => a.AddressFamily == family);
            if (address is not null)
            {
                yield return new HostEntry(name, address);
            }
        }
    }
}
