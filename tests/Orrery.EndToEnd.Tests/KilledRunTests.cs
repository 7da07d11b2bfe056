using System.Text.Json;
using Orrery.Lab.Records;

namespace Orrery.EndToEnd.Tests;

/// <summary>Orrery itself is killed in the middle of a lab.</summary>
public sealed class KilledRunTests : IDisposable
{
    // Every wait has a limit, which is never reached unless something is wrong.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly LabFixture _labs = new();

    public void Dispose() => _labs.Dispose();

    [Theory]
    [InlineData("never")]
    [InlineData("always")]
    public void Nothing_is_left_but_how_far_it_came(string split)
    {
        FinishedLab before = _labs.Run(TrafficLabs.Pair);
        string folder = Directory.CreateDirectory(_labs.NewPath()).FullName;
        string lab = Path.Combine(folder, "lab.yaml");
        File.WriteAllText(lab, TrafficLabs.Pair);
        string result = Path.Combine(folder, "out", "result.json");
        using var run = OrreryRun.Start(folder, ["run", lab, "--out", "out", "--jobs", "2", "--split", split, "--set", "nodes.client.run=while true; do ping -c 1 server; done"]);
        WaitUntil(() => run.HasExited || SimulatedNs(result) > 0);

        IReadOnlyList<int> processes = run.Descendants();
        string guests = GuestFolderOf(processes);
        run.Kill();

        Assert.True(processes.Count >= 4, $"{processes.Count} processes: two kernels, and one at least for the programs of each");
        WaitUntil(() => !processes.Any(Guests.IsRunning));
        Assert.Contains("\"running\"", File.ReadAllText(result), StringComparison.Ordinal);
        using (RecordFileReader records = RecordFileReader.Open(Path.Combine(folder, "out", "records"), out _)!)
        {
            Assert.NotNull(records.Next());
        }

        Assert.True(Directory.Exists(guests));
        FinishedLab after = _labs.Run(TrafficLabs.Pair);
        Assert.False(Directory.Exists(guests));
        Assert.Equal(before.Result.Digest, after.Result.Digest);

        // The folder is a run's, so that another may use it.
        using var again = OrreryRun.Start(folder, ["run", lab, "--out", "out", "--jobs", "2", "--split", split]);
        Assert.Equal(0, again.WaitForExit());
        using JsonDocument final = JsonDocument.Parse(File.ReadAllText(result));
        Assert.Equal(before.Result.Digest, final.RootElement.GetProperty("digest").GetString());
    }

    private static ulong SimulatedNs(string path)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        using JsonDocument result = JsonDocument.Parse(File.ReadAllText(path));
        return result.RootElement.GetProperty("simulated_ns").GetUInt64();
    }

    /// <summary>The folder in memory that the guests of a run share.</summary>
    private static string GuestFolderOf(IReadOnlyList<int> processes)
    {
        string folder = processes.Select(id => new FileInfo($"/proc/{id}/cwd").LinkTarget ?? "")
            .First(path => path.StartsWith("/dev/shm/orrery-", StringComparison.Ordinal));
        return Path.GetDirectoryName(folder)!;
    }

    private static void WaitUntil(Func<bool> condition)
    {
        DateTime end = DateTime.UtcNow + Limit;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < end, "waited in vain");
            Thread.Sleep(10);
        }
    }
}
