using System.Text;
using System.Text.Json;
using Orrery.Simulation;

namespace Orrery.Lab.Records;

/// <summary>A record read back from a file.</summary>
/// <param name="Time">When it was made.</param>
/// <param name="Source">The name of who made it.</param>
/// <param name="Kind">What it tells of.</param>
/// <param name="Payload">Its content.</param>
public sealed record StoredRecord(SimTime Time, string Source, RecordKind Kind, byte[] Payload);

/// <summary>Reads a file of records. The file may come from anywhere: it is checked as it is read.</summary>
public sealed class RecordFileReader : IDisposable
{
    private const int BufferSize = 256 << 10;

    private readonly BufferedStream _file;
    private readonly Dictionary<ulong, string> _sources = [];
    private ulong _timeNs;
    private bool _isAtEnd;

    private RecordFileReader(BufferedStream file, RecordFileHeader header)
    {
        _file = file;
        Header = header;
    }

    /// <summary>What the file says about its run.</summary>
    public RecordFileHeader Header { get; }

    /// <summary>What is wrong with the file, once <see cref="Next"/> has given null because of it.</summary>
    public string? Fault { get; private set; }

    /// <summary>Whether the file breaks off: its run was killed, or the disk was full.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>Opens a file.</summary>
    /// <returns>Null, and in <paramref name="error"/> why, when it is no file of records that can be read.</returns>
    public static RecordFileReader? Open(string path, out string error)
    {
        BufferedStream? file = null;
        try
        {
            file = new BufferedStream(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1), BufferSize);
            if (ReadHeader(file) is { } header)
            {
                error = "";
                return new RecordFileReader(file, header);
            }

            error = $"{path} is not a file of records of this version";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = $"{path} cannot be read: {e.Message}";
        }

        file?.Dispose();
        return null;
    }

    /// <summary>The next record; null at the end.</summary>
    public StoredRecord? Next()
    {
        while (!_isAtEnd)
        {
            byte[]? entry = NextEntry();
            if (entry is null)
            {
                _isAtEnd = true;
            }
            else if (Decode(entry) is { } record)
            {
                return record;
            }
        }

        return null;
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The next entry; null at the end, whatever ends it.</summary>
    private byte[]? NextEntry()
    {
        if (!ReadNumber(_file, out ulong length))
        {
            IsCutOff = true;
            return null;
        }

        if (length == 0)
        {
            return null;
        }

        if (length > RecordFile.EntrySizeMax)
        {
            Wrong($"an entry of {length} bytes");
            return null;
        }

        var entry = new byte[length];
        IsCutOff = _file.ReadAtLeast(entry, entry.Length, throwOnEndOfStream: false) < entry.Length;
        return IsCutOff ? null : entry;
    }

    /// <summary>The record in an entry; null when it is a source, or wrong.</summary>
    private StoredRecord? Decode(byte[] entry)
    {
        using var bytes = new MemoryStream(entry);
        if (!ReadNumber(bytes, out ulong kind) || !ReadNumber(bytes, out ulong source))
        {
            return Wrong("an entry without a source");
        }

        if (kind == RecordFile.SourceTag)
        {
            _sources[source] = Encoding.UTF8.GetString(entry.AsSpan((int)bytes.Position));
            return _sources.Count > RecordFile.SourceCountMax ? Wrong("too many sources") : null;
        }

        if (!ReadNumber(bytes, out ulong sinceLast) || !_sources.TryGetValue(source, out string? name) || kind > ushort.MaxValue)
        {
            return Wrong("a record without a known source");
        }

        _timeNs += sinceLast;
        if (sinceLast > long.MaxValue || _timeNs > long.MaxValue)
        {
            return Wrong("a time beyond the end of time");
        }

        return new StoredRecord(SimTime.FromNanoseconds(_timeNs), name, (RecordKind)kind, entry[(int)bytes.Position..]);
    }

    private StoredRecord? Wrong(string what)
    {
        Fault = what;
        _isAtEnd = true;
        return null;
    }

    private static RecordFileHeader? ReadHeader(Stream file)
    {
        var magic = new byte[RecordFile.Magic.Length];
        if (file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || !RecordFile.Magic.SequenceEqual(magic)
            || !ReadNumber(file, out ulong length) || length > RecordFile.HeaderSizeMax)
        {
            return null;
        }

        var json = new byte[length];
        if (file.ReadAtLeast(json, json.Length, throwOnEndOfStream: false) < json.Length)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(json, RecordFileJson.Default.RecordFileHeader);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool ReadNumber(Stream bytes, out ulong number)
    {
        number = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int b = bytes.ReadByte();
            if (b < 0)
            {
                return false;
            }

            number |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
