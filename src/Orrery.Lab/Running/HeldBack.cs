using Orrery.Network;
using Orrery.Simulation;

namespace Orrery.Lab.Running;

/// <summary>How much a network held the workers of a run back.</summary>
/// <param name="Network">A link or segment.</param>
/// <param name="Seconds">Wall-clock time, summed over the workers, that they stood idle because its delay is not longer.</param>
public sealed record HeldBack(string Network, double Seconds)
{
    /// <summary>The network that held the workers back most; null when none of them had to wait for another.</summary>
    internal static HeldBack? Most(Fabric fabric, Simulator simulator)
    {
        // Wires between the same two timelines share their channels: the shortest of them sets the lookahead.
        Channel[] waited = [.. simulator.Channels.Where(channel => channel.HeldBack > TimeSpan.Zero)];
        var counted = new HashSet<Channel>();
        HeldBack? most = null;
        foreach ((string name, HashSet<Timeline> timelines) in waited.Length > 0 ? Networks(fabric) : [])
        {
            double seconds = waited
                .Where(channel => timelines.Contains(channel.From) && timelines.Contains(channel.To) && counted.Add(channel))
                .Sum(channel => channel.HeldBack.TotalSeconds);
            if (seconds > (most?.Seconds ?? 0))
            {
                most = new HeldBack(name, Math.Round(seconds, 6));
            }
        }

        return most;
    }

    private static IEnumerable<(string Name, HashSet<Timeline> Timelines)> Networks(Fabric fabric) =>
        fabric.Links.OrderBy(link => link.Delay).Select(link => (link.Name, new HashSet<Timeline> { link.A.Timeline, link.B.Timeline }))
            .Concat(fabric.Segments.Select(segment => (segment.Name, segment.Ports.Select(port => port.Timeline).Append(segment.Timeline).ToHashSet())));
}
