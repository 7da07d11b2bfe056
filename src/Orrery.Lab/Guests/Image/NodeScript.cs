using System.Net.Sockets;
using System.Text;
using Orrery.Lab.Files;

namespace Orrery.Lab.Guests.Image;

/// <summary>What <c>init.sh</c> reads about its node: variables, and the function that configures it.</summary>
internal static class NodeScript
{
    /// <summary>The script, in the words of BusyBox.</summary>
    internal static string Write(GuestSetup setup)
    {
        var script = new StringBuilder();
        script.Append($"root={Quote(HostDirectory(setup.Root) ?? "")}\n");
        script.Append($"after={(setup.After == AfterCommands.PowerOff ? "poweroff" : "idle")}\n");
        script.Append($"shell={Quote(string.Join(' ', setup.Shells))}\n");
        script.Append("configure() {\n");
        script.Append($"echo {Quote(setup.HostName)} >/proc/sys/kernel/hostname\n");
        script.Append("ip link set dev lo up\n");
        foreach (GuestInterface @interface in setup.Interfaces)
        {
            WriteInterface(script, @interface);
        }

        script.Append("}\n");
        return script.ToString();
    }

    /// <summary>The directory of the host that the guest sees as its root; null when it has one of its own.</summary>
    internal static string? HostDirectory(GuestRoot root) => root switch
    {
        GuestRoot.Host => "/",
        GuestRoot.Folder folder => folder.Path,
        _ => null,
    };

    /// <summary>The content of <c>/etc/hosts</c>.</summary>
    internal static string WriteHosts(GuestSetup setup)
    {
        var hosts = new StringBuilder("127.0.0.1 localhost\n::1 localhost ip6-localhost\n");
        foreach (HostEntry host in setup.Hosts)
        {
            hosts.Append($"{host.Address} {host.Name}\n");
        }

        return hosts.ToString();
    }

    private static void WriteInterface(StringBuilder script, GuestInterface @interface)
    {
        string name = Quote(@interface.Name);
        if (@interface.Addresses.Any(address => address.Address.AddressFamily == AddressFamily.InterNetworkV6))
        {
            // The lab has no duplicates. The detection would keep the address unusable for a second or two.
            script.Append($"echo 0 >/proc/sys/net/ipv6/conf/{name}/accept_dad\n");
        }

        foreach (InterfaceAddress address in @interface.Addresses)
        {
            string broadcast = address.Address.AddressFamily == AddressFamily.InterNetwork ? " broadcast +" : "";
            script.Append($"ip addr add {address}{broadcast} dev {name}\n");
        }

        script.Append($"ip link set dev {name} up\n");
    }

    private static string Quote(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
