using System.Globalization;
using Orrery.Lab.Running;
using Spectre.Console;

namespace Orrery.Cli.Reporting;

/// <summary>What a person wants to know when a run has ended.</summary>
internal static class Summary
{
    private const int NodesShownMax = 40;
    private const int LastLinesMax = 3;

    public static void Write(IAnsiConsole console, RunResult result, RunFolder folder)
    {
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumns("node", "kind", "state", "exit", "ended at", "last output");
        foreach (NodeResult node in result.Nodes.Take(NodesShownMax))
        {
            table.AddRow(
                new Text(node.Name),
                new Text(node.Kind),
                new Text(node.State),
                new Text(node.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "-"),
                new Text(node.EndedNs is { } ended ? Seconds(ended) : "-"),
                new Text(LastLines(folder.Output(node.Name))));
        }

        console.Write(table);
        if (result.Nodes.Count > NodesShownMax)
        {
            console.WriteLine($"... and {result.Nodes.Count - NodesShownMax} more nodes, see {folder.Result}");
        }

        foreach (string fault in result.Faults)
        {
            console.WriteLine($"fault: {fault}");
        }

        string status = result.Status.Word();
        string why = result.Reason.Length > 0 && result.Reason != status ? $" ({result.Reason})" : "";
        console.WriteLine(
            $"{status}{why}: {Seconds(result.SimulatedNs)} simulated{(result.ResumedNs is { } from ? $", from {Seconds(from)} on," : "")} in "
            + string.Create(CultureInfo.InvariantCulture, $"{result.WallSeconds:F3} s, ")
            + $"{Figures.Speedup(result.SimulatedNs - (result.ResumedNs ?? 0), result.WallSeconds)}, seed {result.Seed}"
            + (result.Digest.Length > 0 ? $", digest {result.Digest[..Math.Min(16, result.Digest.Length)]}" : ""));
        if (result.HeldBackBy is { } held)
        {
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"held back most by {held.Network}: workers waited {held.Seconds:F3} s for its delay"));
        }

        console.WriteLine($"run folder {Path.GetRelativePath(Environment.CurrentDirectory, folder.Path)}");
    }

    private static string Seconds(ulong ns) => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e9:F6} s");

    private static string LastLines(string path)
    {
        const int tailBytes = 4096;
        if (!File.Exists(path))
        {
            return "";
        }

        using FileStream file = File.OpenRead(path);
        file.Seek(-Math.Min(tailBytes, file.Length), SeekOrigin.End);
        var bytes = new byte[tailBytes];
        int read = file.ReadAtLeast(bytes, tailBytes, throwOnEndOfStream: false);
        var lines = new List<string>();
        new OutputLines().Add(0, bytes.AsSpan(0, read), lines.Add);
        return string.Join('\n', lines.Where(line => line.Length > 0).TakeLast(LastLinesMax));
    }
}
