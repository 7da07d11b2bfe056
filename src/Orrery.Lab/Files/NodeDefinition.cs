using System.Collections.Immutable;
using Orrery.Network;
using Orrery.Machines.Programs;
using Orrery.Simulation;

namespace Orrery.Lab.Files;

/// <summary>A node of a lab; its kind is the type of the record.</summary>
public abstract record NodeDefinition
{
    /// <summary>A host name, unique in the lab.</summary>
    public required string Name { get; init; }

    /// <summary>The node's place in the lab file, from 0. Identities in the simulation follow from it.</summary>
    public required int Index { get; init; }

    /// <summary>The value of <c>kind:</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>When the node joins the lab.</summary>
    public SimTime Start { get; init; }

    /// <summary>The node is offered the schedule memory of the protocol.</summary>
    public bool ScheduleMemory { get; init; } = true;

    /// <summary>eth0, eth1 … An interface's <see cref="InterfaceDefinition.Index"/> is its place here.</summary>
    public ImmutableArray<InterfaceDefinition> Interfaces { get; init; } = [];

    /// <summary>What is typed at the node's serial console, by time.</summary>
    public ImmutableArray<TypedInput> Type { get; init; } = [];

    /// <summary>The node has something to run, so that it can exit.</summary>
    public abstract bool Runs { get; }
}

/// <summary>A real Linux machine (<c>kind: linux</c>).</summary>
public sealed record LinuxNode : NodeDefinition
{
    public const string KindName = "linux";

    public override string Kind => KindName;

    /// <summary>Bytes of memory; a multiple of 1 MiB.</summary>
    public ulong MemoryBytes { get; init; } = 64UL << 20;

    /// <summary>Shell commands, run one after the other; the node exits with the first status that is not 0, else with 0.
    /// Empty: the node serves the others and never exits.</summary>
    public ImmutableArray<string> Run { get; init; } = [];

    /// <summary>What the node's file system is made of.</summary>
    public GuestRoot Root { get; init; } = new GuestRoot.Minimal();

    /// <summary>Files added to the root.</summary>
    public ImmutableArray<GuestFile> Files { get; init; } = [];

    /// <summary>Arguments added to the kernel's command line.</summary>
    public ImmutableArray<string> KernelArguments { get; init; } = [];

    /// <summary>The kernel to boot, when it is not the lab's.</summary>
    public string? Kernel { get; init; }

    /// <summary>The root of the node's random numbers, when it is not the lab's.</summary>
    public ulong? Seed { get; init; }

    public override bool Runs => !Run.IsEmpty;
}

/// <summary>A machine written in C# (<c>kind: machine</c>).</summary>
public sealed record MachineNode : NodeDefinition
{
    public const string KindName = "machine";

    public override string Kind => KindName;

    /// <summary>The program and its arguments, split at white space: <c>ping server --count 1000</c>. Empty: none.</summary>
    public ImmutableArray<string> Program { get; init; } = [];

    /// <summary>The assembly that holds the program's class, an absolute path; null: Orrery's own programs.</summary>
    public string? Assembly { get; init; }

    /// <summary>The machine runs as a process of its own, over real sockets (<c>process: own</c>).</summary>
    public bool OwnProcess { get; init; }

    /// <summary>The interrupt chip that the machine's lines end in.</summary>
    public InterruptChip InterruptChip { get; init; } = InterruptChip.GicV3;

    /// <summary>Delay between an interrupt that becomes pending and its handler.</summary>
    public SimDuration InterruptLatency { get; init; }

    public override bool Runs => !Program.IsEmpty && !ProgramCatalogue.IsService(Program[0]);
}

/// <summary>Somebody else's simulator, which joins over the calendar's socket (<c>kind: external</c>).</summary>
public sealed record ExternalNode : NodeDefinition
{
    public const string KindName = "external";

    public override string Kind => KindName;

    public override bool Runs => false;
}

/// <summary>An interrupt chip of a C# machine.</summary>
public enum InterruptChip
{
    GicV2,
    GicV3,
}

/// <summary>What a Linux node's file system is made of (<c>root:</c>).</summary>
public abstract record GuestRoot
{
    private GuestRoot() { }

    /// <summary>Busybox and nothing else.</summary>
    public sealed record Minimal : GuestRoot;

    /// <summary>The host's file system, read-only, with temporary overlays.</summary>
    public sealed record Host : GuestRoot;

    /// <summary>A directory of the host, read-only, with temporary overlays.</summary>
    /// <param name="Path">Absolute; existed when the lab was read.</param>
    public sealed record Folder(string Path) : GuestRoot;
}

/// <summary>A file added to a Linux node's root (<c>files:</c>).</summary>
/// <param name="Path">Absolute path in the guest.</param>
/// <param name="Source">Absolute path of the file or directory on the host; null when <paramref name="Text"/> is given.</param>
/// <param name="Text">The file's text; null when <paramref name="Source"/> is given.</param>
/// <param name="Mode">Permission bits; null: those of the source, 0644 for a text.</param>
public sealed record GuestFile(string Path, string? Source, string? Text, int? Mode);

/// <summary>Bytes typed at a node's serial console at a simulated time (<c>type:</c>).</summary>
/// <param name="Text">What is typed, sent as UTF-8.</param>
/// <param name="At">When.</param>
public sealed record TypedInput(string Text, SimTime At);

/// <summary>A node's network interface.</summary>
public sealed record InterfaceDefinition
{
    /// <summary><c>eth0</c>, <c>eth1</c> …</summary>
    public required string Name { get; init; }

    /// <summary>Its place among the node's interfaces, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Unique in the lab; locally administered unless the file gives another (<see cref="AddressPlan"/>).</summary>
    public required MacAddress Mac { get; init; }

    /// <summary>Its addresses, IPv4 before IPv6; empty with <c>address: none</c>.</summary>
    public required ImmutableArray<InterfaceAddress> Addresses { get; init; }

    /// <summary>The network it is on: an index into <see cref="LabDefinition.Networks"/>.</summary>
    public required int Network { get; init; }
}
