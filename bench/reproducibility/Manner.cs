using System.Diagnostics;
using System.Text.Json;

namespace Orrery.Bench.Reproducibility;

/// <summary>How one run is made. None of this may change a byte.</summary>
/// <param name="Number">Of the run, from 0.</param>
internal sealed record Manner(int Number)
{
    private static readonly string[] Splits = ["auto", "always", "never"];

    private int Jobs => 1 + (Number % 2);

    private bool Memory => Number % 4 < 2;

    private string Split => Splits[Number % Splits.Length];

    private bool Loaded => Number % 5 > 0;

    public override string ToString() =>
        $"--jobs {Jobs} --split {Split}, memory {(Memory ? "on" : "off")}, {(Loaded ? "changing load" : "no load of ours")}";

    /// <summary>Runs a lab in a folder of its own, which is removed.</summary>
    /// <param name="command">The published command.</param>
    /// <param name="lab">The lab file.</param>
    /// <returns>The digest of a lab that passed, or what it came to instead.</returns>
    internal string Run(string command, string lab)
    {
        string folder = Directory.CreateTempSubdirectory("orrery-bench-" + new string('x', Number)).FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "lab.yaml"), lab);
            var start = new ProcessStartInfo(
                command,
                ["run", "lab.yaml", "--out", "out", "--json", "--jobs", $"{Jobs}", "--split", Split, "--set", $"calendar.memory={(Memory ? "on" : "off")}"])
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["FILLER"] = new string('x', 100 * Number);
            using HostLoad? load = Loaded ? new HostLoad(Number) : null;
            using Process run = Process.Start(start)!;
            run.ErrorDataReceived += (_, _) => { };
            run.BeginErrorReadLine();
            using JsonDocument result = JsonDocument.Parse(run.StandardOutput.ReadToEnd());
            run.WaitForExit();
            return run.ExitCode == 0
                ? result.RootElement.GetProperty("digest").GetString()!
                : $"exit status {run.ExitCode}: {result.RootElement.GetProperty("reason").GetString()}";
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
