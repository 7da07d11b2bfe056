using System.Text.Json;
using Orrery.Bench.Reproducibility;
using Orrery.Lab.Records;
using Orrery.Lab.Running;
using Orrery.Simulation;

namespace Orrery.EndToEnd.Tests;

/// <summary>Same seed, same bytes, whatever the host does (docs/reproducibility.md).</summary>
public sealed class ReproducibilityTests : IDisposable
{
    private const int Repetitions = 3;

    private readonly LabFixture _labs = new();

    public static TheoryData<string> Labs { get; } = new() { nameof(TrafficLabs.Pair), nameof(TrafficLabs.Late), nameof(TrafficLabs.Switch) };

    public void Dispose() => _labs.Dispose();

    [Theory]
    [MemberData(nameof(Labs))]
    public void Workers_and_schedule_memory_change_no_byte(string name)
    {
        string lab = LabOf(name);
        string digest = DigestOf(lab, 1);
        Assert.Equal(digest, DigestOf(lab, 2));
        Assert.Equal(digest, DigestOf(lab, 1, "calendar.memory=off"));
        Assert.Equal(digest, DigestOf(lab, 2, "calendar.memory=off"));
        Assert.Equal(digest, DigestOf(lab, 2, "nodes.server.calendar.memory=off"));
        Assert.Equal(digest, DigestOf(lab, new RunOptions { Jobs = 2, Splitting = GroupSplitting.Never }));
        Assert.Equal(digest, DigestOf(lab, new RunOptions { Jobs = 2, Splitting = GroupSplitting.Always }));
        Assert.Equal(digest, DigestOf(lab, new RunOptions { Jobs = 2, Splitting = GroupSplitting.Always }, "calendar.memory=off"));
        Assert.Equal(digest, DigestOf(lab, new RunOptions { Jobs = 4, Splitting = GroupSplitting.Always }));
    }

    [Fact]
    public void The_wire_between_two_workers_is_named_with_how_long_they_waited_for_it()
    {
        FinishedLab run = _labs.Run(
            """
            nodes:
              client: { run: ping -c 3 server }
              server: { kind: linux }
              bystander: { kind: linux }
            links:
              - { name: cable, between: [client, server], delay: 5ms }
            until: client exits
            """,
            new RunOptions { Jobs = 3, Splitting = GroupSplitting.Always });
        Assert.Equal(RunStatus.Passed, run.Result.Status);
        Assert.Equal("cable", run.Result.HeldBackBy!.Network);
        Assert.InRange(run.Result.HeldBackBy.Seconds, 1e-6, 3 * run.Result.WallSeconds);
        Assert.Null(_labs.Run(TrafficLabs.Pair, new RunOptions { Jobs = 1 }).Result.HeldBackBy);
    }

    [Fact]
    public void A_busy_host_changes_no_byte()
    {
        string digest = DigestOf(TrafficLabs.Pair, 1);
        using var load = new BusyLoad(threads: 2 * Environment.ProcessorCount);
        for (int i = 0; i < Repetitions; i++)
        {
            Assert.Equal(digest, DigestOf(TrafficLabs.Pair, 1 + i % 2));
        }
    }

    /// <summary>What bench/reproducibility does with up to 100 machines, 20 times.</summary>
    [Fact]
    public void Everything_at_once_changes_no_byte_and_another_seed_all()
    {
        const int nodes = 8;
        string lab = MixedTraffic.Write(nodes, seed: 1);
        string digest = DigestOf(lab, new RunOptions { Jobs = 2, Splitting = GroupSplitting.Always });
        using var load = new BusyLoad(threads: 2);
        Assert.Equal(digest, DigestOf(lab, new RunOptions { Jobs = 1 }, "calendar.memory=off"));
        Assert.Equal(digest, DigestOf(lab, new RunOptions { Jobs = 2 }));
        Assert.NotEqual(digest, DigestOf(MixedTraffic.Write(nodes, seed: 2), 2));
    }

    [Fact]
    public void Folder_and_environment_change_no_byte()
    {
        string digest = DigestOf(TrafficLabs.Pair, 1);
        for (int i = 0; i < Repetitions; i++)
        {
            string folder = Directory.CreateDirectory(_labs.NewPath() + new string('x', 10 * i)).FullName;
            File.WriteAllText(Path.Combine(folder, "lab.yaml"), TrafficLabs.Pair);
            File.WriteAllText(Path.Combine(folder, "root_fs"), "not for guests");
            using var run = OrreryRun.Start(
                folder, ["run", "lab.yaml", "--out", "out"],
                ("TMPDIR", folder), ("USER", "somebody"), ("LANG", i == 0 ? "C" : "de_DE.UTF-8"), ("TZ", "Asia/Kolkata"),
                ("FILLER", new string('x', 1000 * i)));
            Assert.Equal(0, run.WaitForExit());
            using JsonDocument result = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "out", "result.json")));
            Assert.Equal(digest, result.RootElement.GetProperty("digest").GetString());
        }
    }

    [Fact]
    public void Other_seeds_are_other_runs()
    {
        string[] digests = [.. Enumerable.Range(1, Repetitions).Select(seed => DigestOf(TrafficLabs.Pair, 1, $"seed={seed}"))];
        Assert.Equal(Repetitions, digests.Distinct().Count());
    }

    [Fact]
    public void Twice_the_same()
    {
        TwoRuns runs = _labs.RunTwice(TrafficLabs.Pair, new Watcher());
        Assert.Equal((RunStatus.Passed, true), (runs.Result.Status, runs.Result.Repeated!.Same));
        Assert.Equal(runs.Result.Digest, runs.Result.Repeated.Digest);
        Assert.Null(runs.Difference);
    }

    [Fact]
    public void What_changes_on_the_host_between_two_runs_is_found()
    {
        string path = _labs.NewPath();
        File.WriteAllText(path, "one\n");
        var watcher = new Watcher { OnProgress = _ => File.WriteAllText(path, "two\n") };
        TwoRuns runs = _labs.RunTwice(
            $$"""
            nodes:
              a: { run: "sleep 2" }
              b: { run: [sleep 1, cat /etc/planted, sleep 100], files: { /etc/planted: {{path}} } }
            """,
            watcher);
        Assert.Equal(RunStatus.Different, runs.Result.Status);
        Assert.Equal((false, "console b"), (runs.Result.Repeated!.Same, runs.Difference!.Stream));
        Assert.Equal("one\n"u8.ToArray(), runs.Difference.Left!.Payload);
        Assert.Equal("two\n"u8.ToArray(), runs.Difference.Right!.Payload);
        Assert.InRange(runs.Result.Repeated.DifferentNs!.Value, 1_000_000_000u, 1_200_000_000u);
    }

    [Fact]
    public void A_wire_one_nanosecond_longer_is_found_by_what_arrives_over_it()
    {
        RunDifference difference = DifferenceWith("links.0.delay=5000001ns");
        Assert.StartsWith("frames ", difference.Stream, StringComparison.Ordinal);
        Assert.Equal(difference.Left!.Payload, difference.Right!.Payload);
        Assert.Equal(1u, difference.Right.Time.Nanoseconds - difference.Left.Time.Nanoseconds);
    }

    [Fact]
    public void Other_random_numbers_of_one_guest_are_found_at_that_guest()
    {
        RunDifference difference = DifferenceWith("nodes.server.seed=43");
        Assert.Equal("frames server.eth0", difference.Stream);
    }

    [Fact]
    public void A_worker_that_confuses_the_order_of_events_is_found_at_who_saw_it()
    {
        // The questions of both clients reach the switch at the same instant, from another worker than the switch's.
        const string lab = """
            nodes:
              server: { kind: machine, process: own, program: echo }
              left: { kind: machine, process: own, program: ping server --count 3 }
              right: { kind: machine, process: own, program: ping server --count 3 }
            segments:
              lan: { nodes: [server, left, right], delay: 2ms }
            until: 4s
            """;
        RunOptions split = LabFixture.WithMachineCommand with { Jobs = 2, Splitting = GroupSplitting.Always };
        FinishedLab right = _labs.Run(lab, LabFixture.WithMachineCommand with { Jobs = 1 });
        Assert.Equal(right.Result.Digest, _labs.Run(lab, split).Result.Digest);
        var planting = new Watcher { OnStarted = run => ((RunningLab)run).Simulator.Workers[0].IsDisorderly = true };
        FinishedLab wrong = _labs.Run(lab, split, planting);

        RunDifference difference = DifferenceOf(right, wrong);
        Assert.Equal("frames server.eth0", difference.Stream);
        Assert.Equal(difference.Left!.Time, difference.Right!.Time);
        Assert.NotEqual(difference.Left.Payload, difference.Right.Payload);
        Assert.Equal(right.Result.Status, wrong.Result.Status);
    }

    private RunDifference DifferenceWith(string setting) =>
        DifferenceOf(_labs.Run(TrafficLabs.Pair), _labs.Run(TrafficLabs.Pair, null, null, setting));

    private static RunDifference DifferenceOf(FinishedLab first, FinishedLab second)
    {
        Assert.NotEqual(first.Result.Digest, second.Result.Digest);
        using RecordFileReader left = RecordFileReader.Open(first.Folder.Records, out _)!;
        using RecordFileReader right = RecordFileReader.Open(second.Folder.Records, out _)!;
        var comparison = new RunComparison(left);
        while (!comparison.IsDecided && right.Next() is { } record)
        {
            comparison.Add(record);
        }

        return comparison.Finish(rightIsCutOff: false)!;
    }

    private string DigestOf(string lab, int jobs, params string[] settings) =>
        DigestOf(lab, new RunOptions { Jobs = jobs }, settings);

    private string DigestOf(string lab, RunOptions options, params string[] settings)
    {
        FinishedLab run = _labs.Run(lab, options, null, settings);
        Assert.Equal((RunStatus.Passed, ""), (run.Result.Status, run.Result.Reason));
        return run.Result.Digest;
    }

    private static string LabOf(string name) => name switch
    {
        nameof(TrafficLabs.Pair) => TrafficLabs.Pair,
        nameof(TrafficLabs.Late) => TrafficLabs.Late,
        _ => TrafficLabs.Switch,
    };
}
