using System.Collections.Immutable;
using Orrery.Simulation;

namespace Orrery.Lab.Files;

/// <summary>What interfaces are joined by: a link or a segment.</summary>
public abstract record NetworkDefinition
{
    /// <summary>Unique in the lab; names its capture file.</summary>
    public required string Name { get; init; }

    /// <summary>Its place in <see cref="LabDefinition.Networks"/>.</summary>
    public required int Index { get; init; }

    /// <summary>From the port where a frame enters to the port where it leaves.</summary>
    public required SimDuration Delay { get; init; }

    /// <summary>The interfaces on it, in the order of the file.</summary>
    public required ImmutableArray<PortReference> Ports { get; init; }

    /// <summary>Write a pcapng file of it.</summary>
    public bool Capture { get; init; }
}

/// <summary>A wire with two ends (<c>links:</c>).</summary>
public sealed record LinkDefinition : NetworkDefinition;

/// <summary>A switched wire with any number of ports (<c>segments:</c>).</summary>
public sealed record SegmentDefinition : NetworkDefinition;

/// <summary>An interface of the lab, by position.</summary>
/// <param name="Node">Index into <see cref="LabDefinition.Nodes"/>.</param>
/// <param name="Interface">Index into that node's <see cref="NodeDefinition.Interfaces"/>.</param>
public readonly record struct PortReference(int Node, int Interface);
