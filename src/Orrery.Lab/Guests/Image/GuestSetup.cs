using Orrery.Lab.Files;

namespace Orrery.Lab.Guests.Image;

/// <summary>What a Linux node is once it has booted: names, addresses, files, commands.</summary>
public sealed record GuestSetup
{
    /// <summary>The host name.</summary>
    public required string HostName { get; init; }

    /// <summary>Where its root file system comes from.</summary>
    public GuestRoot Root { get; init; } = new GuestRoot.Minimal();

    /// <summary>Network interfaces; those that are not named stay as the kernel made them (down).</summary>
    public IReadOnlyList<GuestInterface> Interfaces { get; init; } = [];

    /// <summary>Names that resolve: the lines of <c>/etc/hosts</c> besides <c>localhost</c>.</summary>
    public IReadOnlyList<HostEntry> Hosts { get; init; } = [];

    /// <summary>Files put into the guest, over the ones of its root file system.</summary>
    public IReadOnlyList<GuestFile> Files { get; init; } = [];

    /// <summary>
    /// Shell commands, run one after the other until one fails; each is a script of its own for <c>/bin/sh</c>.
    /// </summary>
    public IReadOnlyList<string> Commands { get; init; } = [];

    /// <summary>What happens after the last command.</summary>
    public AfterCommands After { get; init; } = AfterCommands.StayUp;

    /// <summary>Serial lines (<c>ttyS0</c>) on which a shell listens from the moment the node is ready.</summary>
    public IReadOnlyList<string> Shells { get; init; } = [];

    /// <summary>The setup of a node as its lab file describes it.</summary>
    public static GuestSetup Of(LabDefinition lab, LinuxNode node) => new()
    {
        HostName = node.Name,
        Root = node.Root,
        Interfaces = [.. node.Interfaces.Select(i => new GuestInterface(i.Name, i.Addresses))],
        Hosts = [.. lab.HostsOf(node)],
        Files = node.Files,
        Commands = node.Run,
        Shells = node.Type.IsEmpty ? [] : ["ttyS0"],
    };
}

/// <summary>What a node does when its commands have ended.</summary>
public enum AfterCommands
{
    /// <summary>It stays up, answers its network, and costs nothing while nothing happens.</summary>
    StayUp,

    /// <summary>It switches itself off.</summary>
    PowerOff,
}

/// <summary>One interface of a node.</summary>
/// <param name="Name">Its name in the guest, for example <c>eth0</c>.</param>
/// <param name="Addresses">IPv4 and IPv6 addresses. They are usable at once: no duplicate address detection.</param>
public sealed record GuestInterface(string Name, IReadOnlyList<InterfaceAddress> Addresses);
