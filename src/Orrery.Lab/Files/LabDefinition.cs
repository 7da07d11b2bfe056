using System.Collections.Immutable;
using Orrery.Simulation;

namespace Orrery.Lab.Files;

/// <summary>
/// A lab as its file describes it, checked and complete: every name resolved, every default filled in, every interface
/// with its MAC and addresses. Made by <see cref="LabFile"/> only.
/// </summary>
public sealed record LabDefinition
{
    /// <summary>What it was read from: the same source gives the same lab.</summary>
    public required LabSource Source { get; init; }

    /// <summary>The file it was read from, as it was named.</summary>
    public string File => Source.File;

    /// <summary>What the lab is about (<c>lab:</c>); the file's name when it does not say.</summary>
    public required string Title { get; init; }

    /// <summary>The root of every random stream of the run.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The wall clock of the guests at simulated time 0, in nanoseconds since 1970-01-01T00:00:00Z.</summary>
    public ulong StartUnixNs { get; init; } = DefaultStartUnixNs;

    /// <summary>2026-01-01T00:00:00Z.</summary>
    public const ulong DefaultStartUnixNs = 1_767_225_600_000_000_000;

    /// <summary>The nodes in the order of the file; a node's <see cref="NodeDefinition.Index"/> is its place here.</summary>
    public required ImmutableArray<NodeDefinition> Nodes { get; init; }

    /// <summary>Links, then segments, each in the order of the file.</summary>
    public required ImmutableArray<NetworkDefinition> Networks { get; init; }

    /// <summary>When the run ends.</summary>
    public required LabEnd Until { get; init; }

    /// <summary>Options of the calendar.</summary>
    public required CalendarOptions Calendar { get; init; }

    /// <summary>The kernel that Linux nodes boot unless they name another; null: the one that Orrery builds.</summary>
    public string? Kernel { get; init; }

    /// <summary>Keep every frame and console byte in the run folder, so that two runs can be compared event by event.</summary>
    public bool Record { get; init; } = true;

    /// <summary>
    /// The names that <paramref name="node"/> resolves, with their addresses: every node of the lab under its name, at the
    /// address it has on a network shared with this node if there is one, else at its first; a node with several
    /// interfaces also as <c>NAME.eth0</c>, <c>NAME.eth1</c> … Nodes in the order of the file, IPv4 before IPv6.
    /// </summary>
    public IEnumerable<HostEntry> HostsOf(NodeDefinition node) => HostTable.Of(this, node);

    /// <summary>The first address that <paramref name="node"/> finds under <paramref name="name"/> in <see cref="HostsOf"/>, or null.</summary>
    public System.Net.IPAddress? AddressOf(NodeDefinition node, string name) => HostTable.Find(this, node, name);
}

/// <summary>What a lab was read from (<see cref="LabFile.Parse"/>).</summary>
/// <param name="Text">YAML.</param>
/// <param name="File">The file it stood in, as it was named.</param>
/// <param name="Overrides">What the user changed.</param>
public sealed record LabSource(string Text, string File, IReadOnlyList<LabOverride> Overrides);

/// <summary>A line of a hosts table.</summary>
public readonly record struct HostEntry(string Name, System.Net.IPAddress Address);

/// <summary>When a run ends (<c>until:</c>).</summary>
public abstract record LabEnd
{
    private LabEnd() { }

    /// <summary>At the end of the epoch in which every node that has something to run has exited (<c>all exit</c>).</summary>
    public sealed record AllExit : LabEnd
    {
        public override string ToString() => "all exit";
    }

    /// <summary>At the end of the epoch in which the node exits (<c>NODE exits</c>).</summary>
    /// <param name="Node">The node's <see cref="NodeDefinition.Index"/>.</param>
    /// <param name="Name">Its name.</param>
    public sealed record NodeExits(int Node, string Name) : LabEnd
    {
        public override string ToString() => $"{Name} exits";
    }

    /// <summary>At a simulated time.</summary>
    public sealed record At(SimTime Time) : LabEnd
    {
        public override string ToString() => Time.ToString();
    }
}

/// <summary>Options of the calendar (<c>calendar:</c>).</summary>
public sealed record CalendarOptions
{
    /// <summary>Guests get the protocol's schedule memory. A node may say otherwise: <see cref="NodeDefinition.ScheduleMemory"/>.</summary>
    public bool Memory { get; init; } = true;

    /// <summary>Length of an epoch; above zero.</summary>
    public SimDuration Epoch { get; init; } = SimDuration.FromMilliseconds(100);

    /// <summary>Wall-clock time after which a guest that does not give its turn back is given up.</summary>
    public TimeSpan Watchdog { get; init; } = TimeSpan.FromSeconds(60);
}
