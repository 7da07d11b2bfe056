namespace Orrery.Simulation;

/// <summary>The records of one timeline since the last merge. Keeps its memory, so that a steady stream allocates nothing.</summary>
internal sealed class RecordBuffer
{
    /// <summary>More bytes than this in one epoch are refused.</summary>
    private const int BytesMax = 1 << 30;

    private Entry[] _entries = [];
    private byte[] _bytes = [];
    private int _byteCount;

    internal int Count { get; private set; }

    internal void Add(SimTime time, Origin source, RecordKind kind, ReadOnlySpan<byte> payload)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Math.Max(16, Count * 2));
        }

        int needed = checked(_byteCount + payload.Length);
        if (needed > _bytes.Length)
        {
            if (needed > BytesMax)
            {
                throw new InvalidOperationException($"More than {BytesMax} bytes of records in one epoch: shorten the epochs.");
            }

            Array.Resize(ref _bytes, Math.Max(needed, Math.Max(1024, _bytes.Length * 2)));
        }

        payload.CopyTo(_bytes.AsSpan(_byteCount));
        _entries[Count++] = new Entry(time, source, source.NextRecordSequence++, kind, _byteCount, payload.Length);
        _byteCount = needed;
    }

    internal RecordKey KeyOf(int index, int buffer)
    {
        ref Entry entry = ref _entries[index];
        return new RecordKey(entry.Time.Nanoseconds, entry.Source.Id, entry.Sequence, buffer, index);
    }

    internal RunRecord this[int index]
    {
        get
        {
            ref Entry entry = ref _entries[index];
            return new RunRecord(entry.Time, entry.Source, entry.Sequence, entry.Kind, _bytes.AsSpan(entry.Start, entry.Length));
        }
    }

    internal void Clear()
    {
        Count = 0;
        _byteCount = 0;
    }

    private readonly record struct Entry(SimTime Time, Origin Source, ulong Sequence, RecordKind Kind, int Start, int Length);
}

/// <summary>The place of a record in the order of all, and where it is kept.</summary>
internal readonly record struct RecordKey(ulong Time, uint Origin, ulong Sequence, int Buffer, int Index) : IComparable<RecordKey>
{
    public int CompareTo(RecordKey other) =>
        Time != other.Time ? Time.CompareTo(other.Time)
        : Origin != other.Origin ? Origin.CompareTo(other.Origin)
        : Sequence.CompareTo(other.Sequence);
}
