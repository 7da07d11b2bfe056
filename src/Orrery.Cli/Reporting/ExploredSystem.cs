using Orrery.Interrupts.Routing;

namespace Orrery.Cli.Reporting;

/// <summary>What <c>orrery irq explore</c> was asked to explore.</summary>
internal sealed record ExploredSystem(RoutingProfile Profile, string? Mutant, RoutingOptions Options);
