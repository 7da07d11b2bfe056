namespace Orrery.Simulation;

/// <summary>What a record tells of. Numbers are never used again for something else: they are hashed into digests.</summary>
public enum RecordKind : ushort
{
    /// <summary>A frame left a port; the payload is the frame.</summary>
    Frame = 1,

    /// <summary>Bytes that a node wrote to a console.</summary>
    Console = 2,

    /// <summary>A node was started, ended, was dropped and so on; the payload says what, in UTF-8.</summary>
    LifeCycle = 3,

    /// <summary>A line for the log, in UTF-8. Not part of any digest.</summary>
    Log = 4,
}

/// <summary>
/// Something worth seeing, made by <see cref="Timeline.Record"/> and read by <see cref="IRecordReader"/>. Records are read in
/// the order (time, origin, sequence), the same with any number of timelines and workers.
/// </summary>
public readonly ref struct RunRecord
{
    internal RunRecord(SimTime time, Origin source, ulong sequence, RecordKind kind, ReadOnlySpan<byte> payload)
    {
        Time = time;
        Source = source;
        Sequence = sequence;
        Kind = kind;
        Payload = payload;
    }

    /// <summary>When it was made.</summary>
    public SimTime Time { get; }

    /// <summary>Who made it.</summary>
    public Origin Source { get; }

    /// <summary>The number of the record among those of its source, from 0.</summary>
    public ulong Sequence { get; }

    /// <summary>What it tells of.</summary>
    public RecordKind Kind { get; }

    /// <summary>Its content, valid until the reader returns.</summary>
    public ReadOnlySpan<byte> Payload { get; }
}

/// <summary>Reads the records of a run: a digest, a capture, a log, a live line.</summary>
public interface IRecordReader
{
    /// <summary>Called for each record, at the end of its epoch, with everything standing still.</summary>
    void Read(in RunRecord record);
}
