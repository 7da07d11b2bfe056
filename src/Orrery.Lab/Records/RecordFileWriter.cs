using System.Text;
using System.Text.Json;
using Orrery.Simulation;

namespace Orrery.Lab.Records;

/// <summary>Keeps the records of a run in a file, for <c>orrery diff</c>. A full disk ends the file, not the run.</summary>
public sealed class RecordFileWriter : IRecordReader, IDisposable
{
    /// <summary>Bytes of a file; a run that makes more is kept up to there.</summary>
    public const long DefaultSizeMax = 4L << 30;

    private const int BufferSize = 256 << 10;
    private const int NumberSizeMax = 10;

    private readonly FileStream _file;
    private readonly string _path;
    private readonly long _sizeMax;
    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly HashSet<Origin> _sources = [];
    private int _used;
    private long _size;
    private ulong _lastNs;
    private bool _isClosed;

    /// <param name="path">The file, which is replaced.</param>
    /// <param name="header">What is written about the run.</param>
    /// <param name="sizeMax">Where the file ends if the run does not.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public RecordFileWriter(string path, RecordFileHeader header, long sizeMax = DefaultSizeMax)
    {
        _path = path;
        _sizeMax = sizeMax;
        _file = File.Create(path, bufferSize: 1);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header, RecordFileJson.Default.RecordFileHeader);
        Put(RecordFile.Magic);
        Put((ulong)json.Length);
        Put(json);
    }

    /// <summary>Why the file ends before the run; null while it does not.</summary>
    public string? Fault { get; private set; }

    /// <inheritdoc/>
    public void Read(in RunRecord record)
    {
        if (Fault is not null)
        {
            return;
        }

        if (_sources.Add(record.Source))
        {
            PutSource(record.Source);
        }

        Span<byte> head = stackalloc byte[3 * NumberSizeMax];
        int length = Encode(head, (ulong)record.Kind);
        length += Encode(head[length..], record.Source.Id);
        length += Encode(head[length..], record.Time.Nanoseconds - _lastNs);
        _lastNs = record.Time.Nanoseconds;
        Put((ulong)(length + record.Payload.Length));
        Put(head[..length]);
        Put(record.Payload);
        if (_size > _sizeMax)
        {
            Fault = $"the records in {_path} end early: they take more than {_sizeMax} bytes";
        }
    }

    /// <summary>Hands what is buffered to the file, so that it is there if Orrery is killed.</summary>
    public void Flush()
    {
        try
        {
            _file.Write(_buffer.AsSpan(0, _used));
        }
        catch (IOException error)
        {
            Fault ??= $"the records in {_path} end early: {error.Message}";
        }

        _used = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        if (Fault is null)
        {
            Put(0);
        }

        Flush();
        _file.Dispose();
    }

    private void PutSource(Origin source)
    {
        byte[] name = Encoding.UTF8.GetBytes(source.Name);
        Span<byte> head = stackalloc byte[2 * NumberSizeMax];
        int length = Encode(head, RecordFile.SourceTag);
        length += Encode(head[length..], source.Id);
        Put((ulong)(length + name.Length));
        Put(head[..length]);
        Put(name);
    }

    private void Put(ulong number)
    {
        Span<byte> bytes = stackalloc byte[NumberSizeMax];
        Put(bytes[..Encode(bytes, number)]);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _size += bytes.Length;
        while (bytes.Length > BufferSize - _used)
        {
            int taken = BufferSize - _used;
            bytes[..taken].CopyTo(_buffer.AsSpan(_used));
            _used = BufferSize;
            bytes = bytes[taken..];
            Flush();
        }

        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }

    private static int Encode(Span<byte> bytes, ulong number)
    {
        int length = 0;
        for (; number >= 0x80; number >>= 7)
        {
            bytes[length++] = (byte)(number | 0x80);
        }

        bytes[length++] = (byte)number;
        return length;
    }
}
