using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Orrery.Lab.Files;

namespace Orrery.Lab.Checkpoints;

/// <summary>
/// Writes and reads checkpoints: JSON that begins with a format and a version. What is read is not trusted: its shape is
/// checked here, its meaning by <see cref="LabCheckpoint.Restore"/>.
/// </summary>
public static class CheckpointFile
{
    /// <summary>The value of <c>format</c>, the first member.</summary>
    public const string Format = "orrery-checkpoint";

    /// <summary>The value of <c>version</c>, the second member; a changed format has another, and no other is read.</summary>
    public const int Version = 1;

    /// <summary>Bytes of a file; a larger one is neither written nor read. A machine with a card takes about 10 KB.</summary>
    public const int SizeMax = 512 << 20;

    private const int DepthMax = 32;

    /// <summary>The bytes of a file.</summary>
    public static byte[] Write(CheckpointState state) => JsonSerializer.SerializeToUtf8Bytes(state, CheckpointJson.Default.CheckpointState);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="error">What is wrong, when null is returned: one line with the file and the place in it.</param>
    public static CheckpointState? Load(string path, out string error)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length > SizeMax)
            {
                error = $"{path}: {file.Length} bytes are more than a checkpoint has, which is {SizeMax}";
                return null;
            }

            CheckpointState? state = Read(File.ReadAllBytes(path), out string problem);
            error = state is null ? $"{path}: {problem}" : "";
            return state;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = $"{path} cannot be read: {e.Message}";
            return null;
        }
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="bytes">Anything.</param>
    /// <param name="problem">What is wrong and where, when null is returned.</param>
    public static CheckpointState? Read(ReadOnlySpan<byte> bytes, out string problem)
    {
        try
        {
            problem = CheckTokens(bytes) ?? "";
            return problem.Length > 0 ? null : JsonSerializer.Deserialize(bytes, CheckpointJson.Default.CheckpointState);
        }
        catch (JsonException e)
        {
            // The library's own place is at the end of its message in some cases only.
            string place = e.Path is { Length: > 1 } path && !e.Message.Contains(path, StringComparison.Ordinal) ? $"{path}: " : "";
            problem = $"{place}{e.Message}";
            return null;
        }
    }

    /// <summary>The lab of a checkpoint.</summary>
    /// <param name="state">Not trusted.</param>
    /// <param name="error">What is wrong with it, when null is returned.</param>
    public static LabDefinition? ReadLab(CheckpointState state, out string error)
    {
        error = "";
        LabSource source = state.Lab;
        if (source.File.Length == 0 || source.File.Contains('\0'))
        {
            error = "lab.file: is no name of a file";
            return null;
        }

        LabFileResult read = LabFile.Parse(source.Text, source.File, new LabFileOptions { Overrides = source.Overrides });
        LabDiagnostic? wrong = read.Lab is null ? read.Diagnostics.First(diagnostic => !diagnostic.IsWarning) : Savable.Check(read.Lab);
        if (wrong is not null)
        {
            error = $"lab: {wrong}";
            return null;
        }

        return read.Lab;
    }

    /// <summary>
    /// Format and version; and what the library finds only when a value is used, if at all: that all is text, and that no
    /// list holds a null, which it takes for an element of any kind.
    /// </summary>
    private static string? CheckTokens(ReadOnlySpan<byte> bytes)
    {
        if (!Utf8.IsValid(bytes))
        {
            return "is not UTF-8";
        }

        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = DepthMax });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject
            || !IsNext(ref reader, "format"u8, JsonTokenType.String) || !reader.ValueTextEquals(Format))
        {
            return "is no checkpoint of Orrery's: it does not begin with its format";
        }

        if (!IsNext(ref reader, "version"u8, JsonTokenType.Number) || !reader.TryGetInt32(out int version) || version != Version)
        {
            return $"is of another version than {Version}, the only one that this Orrery reads";
        }

        var isList = new Stack<bool>();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    isList.Push(reader.TokenType == JsonTokenType.StartArray);
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    isList.TryPop(out _);
                    break;
                case JsonTokenType.String or JsonTokenType.PropertyName when reader.ValueIsEscaped && !IsText(ref reader):
                    return $"byte {reader.TokenStartIndex}: a string holds half of a surrogate pair";
                case JsonTokenType.Null when isList.TryPeek(out bool inList) && inList:
                    return $"byte {reader.TokenStartIndex}: a list holds a null";
            }
        }

        return null;
    }

    private static bool IsText(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() is not null;
        }
        catch (InvalidOperationException)
        {
            return false; // the library's only word on an escape such as \ud800
        }
    }

    private static bool IsNext(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, JsonTokenType value) =>
        reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(name)
        && reader.Read() && reader.TokenType == value;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(CheckpointState))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
