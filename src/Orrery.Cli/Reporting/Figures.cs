using System.Globalization;
using Orrery.Lab.Running;
using Orrery.Simulation;

namespace Orrery.Cli.Reporting;

/// <summary>Times and states in the words of a person.</summary>
internal static class Figures
{
    /// <summary>Seconds with milliseconds, right-aligned for a column of them.</summary>
    public static string Seconds(SimTime time)
        => string.Create(CultureInfo.InvariantCulture, $"{time.Nanoseconds / 1e9,12:F6} s");

    public static string Speedup(ulong simulatedNs, double wallSeconds)
        => wallSeconds <= 0 || simulatedNs == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{simulatedNs / 1e9 / wallSeconds:0.##}x");

    public static string State(NodeView node) => node.State switch
    {
        NodeState.Exited when node.ExitCode is { } code => $"exited with {code}",
        var state => state.ToString().ToLowerInvariant(),
    };

    public static string Nodes(IRunView run) => run.Nodes.Count == 1 ? "1 node" : $"{run.Nodes.Count} nodes";

    /// <summary>What a resumed run says of its beginning; empty for one that begins at the beginning.</summary>
    public static string Resumed(IRunView run)
        => run.Now == SimTime.Zero ? "" : string.Create(CultureInfo.InvariantCulture, $", resumed at {run.Now.TotalSeconds:F6} s");

    public static string Saved(string path, SimTime time)
        => $"{Seconds(time)}  saved: orrery resume {Path.GetRelativePath(Environment.CurrentDirectory, path)}";

    public static string Progress(IRunView run)
    {
        int running = run.Nodes.Count(node => node.State is NodeState.Booting or NodeState.Running);
        int ended = run.Nodes.Count(node => node.State is NodeState.Exited or NodeState.Failed);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{run.Now.Nanoseconds / 1e9:F3} s simulated in {run.Wall.TotalSeconds:F1} s, {Speedup(run.Now.Nanoseconds, run.Wall.TotalSeconds)}, {running} running, {ended} ended");
    }
}
