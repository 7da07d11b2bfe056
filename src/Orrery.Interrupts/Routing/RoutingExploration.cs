using Orrery.Interrupts.Exploration;
using Orrery.Interrupts.Routing.Protocols;

namespace Orrery.Interrupts.Routing;

/// <summary>The protocols by which a timer can be routed.</summary>
public enum RoutingProfile
{
    /// <summary><see cref="LiteralFourRules"/>.</summary>
    Literal,

    /// <summary><see cref="RepairedFourRules"/>.</summary>
    Repaired,

    /// <summary><see cref="UserIrq"/>.</summary>
    Upstream,

    /// <summary><see cref="AppleMask"/>.</summary>
    Apple,
}

/// <summary>Explores the model of a system under a protocol chosen at run time.</summary>
public static class RoutingExploration
{
    /// <summary>The properties, each with what it claims, in the order in which people look for them.</summary>
    public static IReadOnlyList<(string Id, string Claim)> Properties { get; } =
    [
        .. RoutingProperties.Safety.Append(RoutingProperties.NoDeadlock).Select(property => (property.Id, property.Claim))
            .Concat(RoutingProperties.Liveness(1).GroupBy(property => property.Id).Select(
                group => (Id: group.Key, Claim: string.Join("; ", group.Select(property => property.Claim)))))
            .OrderBy(property => "SWDL".IndexOf(property.Id[0], StringComparison.Ordinal))
            .ThenBy(property => property.Id.Length)
            .ThenBy(property => property.Id, StringComparer.Ordinal),
    ];

    /// <summary>Explores; see <see cref="Explorer.Explore{TModel, TState}"/>.</summary>
    /// <exception cref="ArgumentException">More than <see cref="RoutingOptions.VcpusMax"/> CPUs of a kind, or none.</exception>
    public static ExplorationResult Explore(
        RoutingProfile profile, RoutingOptions options, ExplorationOptions? exploration = null) => profile switch
        {
            RoutingProfile.Literal => Explore<LiteralFourRules>(options, exploration),
            RoutingProfile.Repaired => Explore<RepairedFourRules>(options, exploration),
            RoutingProfile.Upstream => Explore<UserIrq>(options, exploration),
            RoutingProfile.Apple => Explore<AppleMask>(options, exploration),
            _ => throw new ArgumentOutOfRangeException(nameof(profile)),
        };

    private static ExplorationResult Explore<TProtocol>(RoutingOptions options, ExplorationOptions? exploration)
        where TProtocol : struct, IRoutingProtocol =>
        Math.Max(options.Vcpus, options.HostCpus) == 1
            ? Explorer.Explore<RoutingModel<TProtocol, ulong>, ulong>(new RoutingModel<TProtocol, ulong>(options), exploration)
            : Explorer.Explore<RoutingModel<TProtocol, UInt128>, UInt128>(
                new RoutingModel<TProtocol, UInt128>(options), exploration);
}
