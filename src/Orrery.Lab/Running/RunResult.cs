using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orrery.Lab.Running;

/// <summary>What a run came to: the content of <c>result.json</c>.</summary>
public sealed record RunResult
{
    /// <summary>How the run ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>The exit status of the command.</summary>
    public int ExitCode => (int)Status;

    /// <summary>Why it ended like this, for a person; empty when there is nothing to say.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The lab's seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The simulated time at which the end condition came true, or that was reached, in nanoseconds.</summary>
    public required ulong SimulatedNs { get; init; }

    /// <summary>Wall-clock duration in seconds.</summary>
    public required double WallSeconds { get; init; }

    /// <summary>Where a run that was resumed from a checkpoint began, in simulated nanoseconds; null for one that began at the beginning.</summary>
    public ulong? ResumedNs { get; init; }

    /// <summary>Simulated seconds per wall-clock second.</summary>
    public double Speedup => WallSeconds > 0 ? Math.Round((SimulatedNs - (ResumedNs ?? 0)) / 1e9 / WallSeconds, 3) : 0;

    /// <summary>Events executed. Depends on the windows, and so on the host; never part of a comparison.</summary>
    public required ulong Events { get; init; }

    /// <summary>A hash over every frame, console byte and life-cycle event (docs/results.md).</summary>
    public required string Digest { get; init; }

    /// <summary>The network that held the workers back most; null when none of them had to wait for another.</summary>
    public HeldBack? HeldBackBy { get; init; }

    /// <summary>What running the lab again came to; null when it was run once.</summary>
    public RepeatedResult? Repeated { get; init; }

    /// <summary>The nodes, in the order of the lab file.</summary>
    public required IReadOnlyList<NodeResult> Nodes { get; init; }

    /// <summary>What went wrong with participants and devices, in the order it was noticed.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>The result of a lab that could not be run at all.</summary>
    /// <param name="seed">The lab's seed.</param>
    /// <param name="reason">What is wrong or missing.</param>
    public static RunResult Unusable(ulong seed, string reason) => new()
    {
        Status = RunStatus.Unusable,
        Reason = reason,
        Seed = seed,
        SimulatedNs = 0,
        WallSeconds = 0,
        Events = 0,
        Digest = "",
        Nodes = [],
    };

    /// <summary>Writes the result as JSON.</summary>
    public void Write(string path) => RunProgress.Replace(path, ToJson());

    /// <summary>The result as JSON, ended by a line feed.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RunResultJson.Default.RunResult) + "\n";
}

/// <summary>What became of one node.</summary>
public sealed record NodeResult
{
    /// <summary>The node's name.</summary>
    public required string Name { get; init; }

    /// <summary><c>linux</c>, <c>machine</c> or <c>external</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Where it stood at the end: <c>waiting</c>, <c>booting</c>, <c>running</c>, <c>exited</c> or <c>failed</c>.</summary>
    public required string State { get; init; }

    /// <summary>The exit status of its command; null when it has none or did not end.</summary>
    public required int? ExitCode { get; init; }

    /// <summary>When it began, in simulated nanoseconds; null when it never did.</summary>
    public required ulong? StartedNs { get; init; }

    /// <summary>When its command ended, in simulated nanoseconds; null when it did not.</summary>
    public required ulong? EndedNs { get; init; }
}

/// <summary>What running a lab again came to.</summary>
public sealed record RepeatedResult
{
    /// <summary>Both runs did the same; null when the second did not come far enough to tell.</summary>
    public required bool? Same { get; init; }

    /// <summary>The digest of the second run, as far as it went.</summary>
    public required string Digest { get; init; }

    /// <summary>When the first event that differs happened, in simulated nanoseconds, in the run in which it came first.</summary>
    public ulong? DifferentNs { get; init; }

    /// <summary>What differs there first, and whose it is: <c>frames client.eth0</c>.</summary>
    public string? DifferentStream { get; init; }
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(RunResult))]
[JsonSerializable(typeof(RunProgress))]
[JsonSerializable(typeof(RunStatus))]
internal sealed partial class RunResultJson : JsonSerializerContext;
