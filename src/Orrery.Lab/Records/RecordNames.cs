using Orrery.Simulation;

namespace Orrery.Lab.Records;

/// <summary>What the streams of a run's records are called, in digests, trails and comparisons.</summary>
internal static class RecordNames
{
    public static string StreamOf(RecordKind kind) => kind switch
    {
        RecordKind.Frame => "frames",
        RecordKind.Console => "console",
        RecordKind.LifeCycle => "life",
        RecordKind.Log => "log",
        _ => $"kind-{(int)kind}",
    };
}
