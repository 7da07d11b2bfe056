using System.Text;
using Orrery.Lab.Records;
using Orrery.Simulation;

namespace Orrery.Lab.Tests.Records;

/// <summary>An event of a made-up run.</summary>
internal sealed record Happening(ulong TimeNs, string Source, RecordKind Kind, byte[] Payload)
{
    public static Happening Frame(ulong timeNs, string source, params byte[] payload) => new(timeNs, source, RecordKind.Frame, payload);

    public static Happening Console(ulong timeNs, string source, string text) => new(timeNs, source, RecordKind.Console, Encoding.UTF8.GetBytes(text));

    public static Happening Life(ulong timeNs, string source, string text) => new(timeNs, source, RecordKind.LifeCycle, Encoding.UTF8.GetBytes(text));
}

/// <summary>Runs that consist of their records.</summary>
internal static class RecordBench
{
    public static readonly RecordFileHeader Header = new() { Lab = "made up", Seed = 1, StartUnixNs = 0, Nodes = ["a", "b"] };

    /// <summary>Lets what happens happen, in one timeline or in one for each source, and hands the records to the readers.</summary>
    public static void Run(IEnumerable<Happening> happenings, bool apart, params IRecordReader[] readers)
    {
        var simulator = new Simulator();
        foreach (IRecordReader reader in readers)
        {
            simulator.AddRecordReader(reader);
        }

        var sources = new Dictionary<string, (Timeline Timeline, Origin Origin)>();
        Timeline? shared = apart ? null : simulator.AddTimeline("all");
        // Sources are numbered by name, as a lab numbers them by its file.
        foreach (string source in happenings.Select(h => h.Source).Distinct().Order(StringComparer.Ordinal))
        {
            sources.Add(source, (shared ?? simulator.AddTimeline(source), simulator.AddOrigin(source)));
        }

        foreach (Happening happening in happenings)
        {
            (Timeline timeline, Origin origin) = sources[happening.Source];
            timeline.Schedule(SimTime.FromNanoseconds(happening.TimeNs), EventPriority.Processes, origin, new Recording(happening, origin));
        }

        simulator.Run(SimTime.Never);
    }

    /// <summary>The hashes of a run.</summary>
    public static DigestResult Digest(IEnumerable<Happening> happenings, bool apart = false, DigestTrail? trail = null)
    {
        var digest = new RunDigest(trail);
        Run(happenings, apart, digest);
        return digest.Finish();
    }

    /// <summary>Keeps a run in a file.</summary>
    public static void Write(string path, IEnumerable<Happening> happenings, bool apart = false)
    {
        using var writer = new RecordFileWriter(path, Header);
        Run(happenings, apart, writer);
        writer.Dispose(); // and again: whoever completes the file may not be the one who cleans up
    }

    private sealed class Recording(Happening happening, Origin origin) : IEventHandler
    {
        public void Handle(Timeline timeline, ulong argument) => timeline.Record(origin, happening.Kind, happening.Payload);
    }
}
