using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Orrery.Lab.Checkpoints;
using Orrery.Simulation;

namespace Orrery.Lab.Records;

/// <summary>The hashes of a run.</summary>
/// <param name="Lab">Over all streams, as hexadecimal text.</param>
/// <param name="Streams">Each stream's, by name.</param>
public sealed record DigestResult(string Lab, IReadOnlyList<StreamDigest> Streams);

/// <summary>The hash of one stream of a run.</summary>
/// <param name="Name">What the stream carries and whose it is: <c>frames client.eth0</c>.</param>
/// <param name="Length">Bytes hashed.</param>
/// <param name="Sha256">As hexadecimal text.</param>
public sealed record StreamDigest(string Name, ulong Length, string Sha256);

/// <summary>
/// Hashes what a run did: each port's frames with their times, each console's bytes, each node's life cycle; docs/results.md
/// says how exactly. Log lines and the calendar's grants have no part in it.
/// </summary>
/// <remarks>Every stream has its own hash, so the result does not depend on the order of records of different sources.</remarks>
public sealed class RunDigest : IRecordReader
{
    private const byte Version = 1;
    private const int KindCountMax = 16;
    private const ulong SecondNs = 1_000_000_000;

    private readonly DigestTrail? _trail;
    private readonly List<DigestStream> _streams = [];
    private readonly List<DigestStream> _touched = [];
    private DigestStream?[] _streamOf = new DigestStream?[64 * KindCountMax];
    private ulong _second;

    /// <param name="trail">Takes the trail, if one is wanted.</param>
    public RunDigest(DigestTrail? trail = null) => _trail = trail;

    public void Read(in RunRecord record)
    {
        if (record.Kind == RecordKind.Log || (record.Kind == RecordKind.Console && record.Payload.IsEmpty))
        {
            return;
        }

        ulong second = record.Time.Nanoseconds / SecondNs;
        if (second != _second)
        {
            WriteTrail();
            _second = second;
        }

        DigestStream stream = StreamOf(record.Source, record.Kind);
        if (stream.Fresh == 0)
        {
            _touched.Add(stream);
        }

        // Where a console's bytes are cut into records is chance: they count alone, without borders and times.
        if (record.Kind == RecordKind.Console)
        {
            stream.Fresh += (ulong)record.Payload.Length;
            stream.Append(record.Payload);
            return;
        }

        stream.Fresh++;
        Span<byte> head = stackalloc byte[13];
        head[0] = (byte)record.Kind;
        BinaryPrimitives.WriteUInt64LittleEndian(head[1..], record.Time.Nanoseconds);
        BinaryPrimitives.WriteInt32LittleEndian(head[9..], record.Payload.Length);
        stream.Append(head);
        stream.Append(record.Payload);
    }

    /// <summary>The hashes of everything read. Ends the trail.</summary>
    public DigestResult Finish()
    {
        WriteTrail();
        _streams.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        using var lab = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var results = new List<StreamDigest>();
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        foreach (DigestStream stream in _streams)
        {
            byte[] name = Encoding.UTF8.GetBytes(stream.Name);
            BinaryPrimitives.WriteInt32LittleEndian(number, name.Length);
            lab.AppendData(number[..sizeof(int)]);
            lab.AppendData(name);
            BinaryPrimitives.WriteUInt64LittleEndian(number, stream.Length);
            lab.AppendData(number);
            stream.GetHash(hash);
            lab.AppendData(hash);
            results.Add(new StreamDigest(stream.Name, stream.Length, Convert.ToHexStringLower(hash)));
        }

        return new DigestResult(Convert.ToHexStringLower(lab.GetHashAndReset()), results);
    }

    /// <summary>Everything it holds, as plain values.</summary>
    internal DigestState Save()
    {
        var streams = new List<DigestStreamState>();
        for (int i = 0; i < _streamOf.Length; i++)
        {
            if (_streamOf[i] is { } stream)
            {
                streams.Add(new DigestStreamState(
                    (uint)(i / KindCountMax), (RecordKind)(i % KindCountMax), stream.Length, stream.Fresh, stream.Block.ToArray()));
            }
        }

        return new DigestState(_second, streams);
    }

    /// <summary>Goes on where a saved digest stood; this one has read nothing.</summary>
    /// <param name="state">Not trusted.</param>
    /// <param name="origins">The sources of records, by number.</param>
    /// <returns>What is wrong with the state, with its place; null when nothing is.</returns>
    internal string? Restore(DigestState state, IReadOnlyList<Origin> origins)
    {
        _second = state.Second;
        for (int i = 0; i < state.Streams.Count; i++)
        {
            DigestStreamState saved = state.Streams[i];
            if (saved.Source >= (uint)origins.Count || !Enum.IsDefined(saved.Kind) || saved.Kind == RecordKind.Log)
            {
                return $"streams[{i}]: there is no source {saved.Source} with records of kind {saved.Kind}";
            }

            int index = IndexOf(saved.Source, saved.Kind);
            if (_streamOf[index] is not null)
            {
                return $"streams[{i}]: is there twice";
            }

            if (DigestStream.Resume(NameOf(origins[(int)saved.Source], saved.Kind), saved.Length, saved.Block) is not { } stream)
            {
                return $"streams[{i}]: {saved.Block.Length} bytes are no block";
            }

            stream.Fresh = saved.Fresh;
            _streamOf[index] = stream;
            _streams.Add(stream);
            if (stream.Fresh > 0)
            {
                _touched.Add(stream);
            }
        }

        return null;
    }

    private static string NameOf(Origin source, RecordKind kind) => $"{RecordNames.StreamOf(kind)} {source.Name}";

    private DigestStream StreamOf(Origin source, RecordKind kind)
    {
        if ((int)kind >= KindCountMax)
        {
            throw new ArgumentOutOfRangeException(nameof(kind), kind, "A kind of record that digests do not know.");
        }

        int index = IndexOf(source.Id, kind); // may replace the array
        return _streamOf[index] ??= AddStream(source, kind);
    }

    /// <summary>The place of a stream, for which there is room then.</summary>
    private int IndexOf(uint source, RecordKind kind)
    {
        int index = (int)source * KindCountMax + (int)kind;
        if (index >= _streamOf.Length)
        {
            Array.Resize(ref _streamOf, Math.Max(index + 1, 2 * _streamOf.Length));
        }

        return index;
    }

    private DigestStream AddStream(Origin source, RecordKind kind)
    {
        var stream = new DigestStream(NameOf(source, kind), [(byte)kind, Version]);
        _streams.Add(stream);
        return stream;
    }

    private void WriteTrail()
    {
        if (_trail is not null)
        {
            _touched.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        }

        foreach (DigestStream stream in _touched)
        {
            _trail?.Write(_second, stream);
            stream.Fresh = 0;
        }

        _touched.Clear();
    }
}
