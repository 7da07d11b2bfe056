using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orrery.Simulation;

namespace Orrery.Lab.Running;

/// <summary>
/// How far a run has come: the content of <c>result.json</c> until there is a result, and for good when Orrery is killed.
/// </summary>
/// <param name="SimulatedNs">Simulated time that everybody had reached, in nanoseconds.</param>
/// <param name="WallSeconds">Wall-clock time since the run began.</param>
public sealed record RunProgress(ulong SimulatedNs, double WallSeconds)
{
    /// <summary>Tells it from a result.</summary>
    [JsonPropertyOrder(-1)]
    public string Status { get; } = "running";

    /// <summary>Writes it.</summary>
    public void Write(string path) => Replace(path, JsonSerializer.Serialize(this, RunResultJson.Default.RunProgress) + "\n");

    /// <summary>Whether a run has written the file at <paramref name="path"/>, while it went on or at its end.</summary>
    internal static bool IsOfARun(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            using var document = JsonDocument.Parse(file);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("status", out _)
                && document.RootElement.TryGetProperty("simulated_ns", out _);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return false;
        }
    }

    /// <summary>Replaces a file in one step: whenever Orrery is killed, the old content is there or the new one.</summary>
    internal static void Replace(string path, string content)
    {
        string draft = path + ".new";
        File.WriteAllText(draft, content);
        File.Move(draft, path, overwrite: true);
    }
}

/// <summary>Keeps a run's folder up to date while it goes on, for the case that Orrery is killed.</summary>
/// <param name="folder">The run's folder.</param>
/// <param name="recording">What is recorded.</param>
/// <param name="notices">Told when the folder cannot be written.</param>
internal sealed class ProgressKeeper(RunFolder folder, Records.RunRecording recording, RunNotices notices)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    private readonly Stopwatch _wall = Stopwatch.StartNew();
    private TimeSpan _next = Interval;

    /// <summary>An epoch has ended at <paramref name="time"/>.</summary>
    public void OnEpochEnded(SimTime time)
    {
        TimeSpan now = _wall.Elapsed;
        if (now < _next)
        {
            return;
        }

        _next = now + Interval;
        recording.Flush();
        try
        {
            new RunProgress(time.Nanoseconds, Math.Round(now.TotalSeconds, 3)).Write(folder.Result);
        }
        catch (IOException error)
        {
            notices.Notice($"{folder.Result} cannot be kept up to date: {error.Message}");
            _next = TimeSpan.MaxValue;
        }
    }
}
