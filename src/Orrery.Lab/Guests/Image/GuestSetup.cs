using System.Net;

namespace Orrery.Lab.Guests.Image;

/// <summary>What a Linux node is once it has booted: names, addresses, files, commands.</summary>
public sealed record GuestSetup
{
    /// <summary>The host name.</summary>
    public required string HostName { get; init; }

    /// <summary>Where its root file system comes from.</summary>
    public GuestRoot Root { get; init; } = GuestRoot.Minimal;

    /// <summary>Network interfaces; those that are not named stay as the kernel made them (down).</summary>
    public IReadOnlyList<GuestInterface> Interfaces { get; init; } = [];

    /// <summary>Names that resolve: the lines of <c>/etc/hosts</c> besides <c>localhost</c>.</summary>
    public IReadOnlyList<HostEntry> Hosts { get; init; } = [];

    /// <summary>Routes besides those that follow from the addresses.</summary>
    public IReadOnlyList<GuestRoute> Routes { get; init; } = [];

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
}

/// <summary>What a node does when its commands have ended.</summary>
public enum AfterCommands
{
    /// <summary>It stays up, answers its network, and costs nothing while nothing happens.</summary>
    StayUp,

    /// <summary>It switches itself off.</summary>
    PowerOff,
}

/// <summary>Where a node's root file system comes from.</summary>
public sealed class GuestRoot
{
    private GuestRoot(string? hostDirectory) => HostDirectory = hostDirectory;

    /// <summary>Nothing but BusyBox and the node's files, in memory.</summary>
    public static GuestRoot Minimal { get; } = new(null);

    /// <summary>The host's own file system: every installed program can run.</summary>
    public static GuestRoot Host { get; } = new("/");

    /// <summary>The directory of the host that the guest sees as its root, read-only under a layer in memory; or null.</summary>
    public string? HostDirectory { get; }

    /// <summary>A directory of the host with a root file system, for example made by debootstrap.</summary>
    /// <param name="path">Absolute path.</param>
    public static GuestRoot Directory(string path)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(Path.IsPathRooted(path), false, nameof(path));
        return new(path);
    }
}

/// <summary>One interface of a node.</summary>
/// <param name="Name">Its name in the guest, for example <c>eth0</c>.</param>
/// <param name="Addresses">IPv4 and IPv6 addresses. They are usable at once: no duplicate address detection.</param>
public sealed record GuestInterface(string Name, IReadOnlyList<InterfaceAddress> Addresses);

/// <summary>An address and the length of the network's prefix.</summary>
public sealed record InterfaceAddress(IPAddress Address, int PrefixLength)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Address}/{PrefixLength}";
}

/// <summary>A name that resolves to an address.</summary>
public sealed record HostEntry(IPAddress Address, string Name);

/// <summary>A route: the destination (null for the default route), and the gateway that leads there.</summary>
public sealed record GuestRoute(InterfaceAddress? Destination, IPAddress Gateway);

/// <summary>A file of the host that appears in the guest.</summary>
/// <param name="GuestPath">Absolute path in the guest.</param>
/// <param name="HostPath">The file.</param>
/// <param name="Mode">Permission bits in the guest.</param>
public sealed record GuestFile(string GuestPath, string HostPath, UnixFileMode Mode);
