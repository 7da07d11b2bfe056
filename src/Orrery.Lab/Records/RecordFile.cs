using System.Text.Json.Serialization;

namespace Orrery.Lab.Records;

/// <summary>
/// The format of the file that keeps a run's records: a magic line, a header in JSON with its length before it, then
/// entries in the order of the run, each with its length before it.
/// </summary>
/// <remarks>
/// Numbers are unsigned LEB128. An entry is a source (<see cref="SourceTag"/>, its number, its name) or a record (the kind, the
/// source's number, the time since the record before in nanoseconds, the payload). An entry of no length is the end; a file
/// without it breaks off, because its run was killed or the disk was full: what is there counts.
/// </remarks>
internal static class RecordFile
{
    public const byte SourceTag = 0;

    /// <summary>Larger entries are not a run's.</summary>
    public const int EntrySizeMax = 1 << 24;

    /// <summary>More sources than this are not a run's.</summary>
    public const int SourceCountMax = 1 << 20;

    public const int HeaderSizeMax = 1 << 24;

    /// <summary>Format and version; a changed format has another.</summary>
    public static ReadOnlySpan<byte> Magic => "orrery records 1\n"u8;
}

/// <summary>What a file of records says about its run.</summary>
public sealed record RecordFileHeader
{
    /// <summary>The lab's title.</summary>
    public required string Lab { get; init; }

    /// <summary>The lab's seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The wall clock at simulated time 0, in nanoseconds since 1970.</summary>
    public required ulong StartUnixNs { get; init; }

    /// <summary>The nodes' names in the order of the lab file.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RecordFileHeader))]
internal sealed partial class RecordFileJson : JsonSerializerContext;
