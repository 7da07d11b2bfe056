namespace Orrery.Simulation;

/// <summary>Puts the records of all timelines into one order and hands them to the readers.</summary>
internal sealed class RecordMerge
{
    private readonly List<IRecordReader> _readers = [];
    private RecordKey[] _keys = [];

    internal void AddReader(IRecordReader reader) => _readers.Add(reader);

    /// <summary>Reads and clears the records of <paramref name="timelines"/>, which stand still.</summary>
    internal void Merge(List<Timeline> timelines)
    {
        int count = 0;
        for (int buffer = 0; buffer < timelines.Count; buffer++)
        {
            RecordBuffer records = timelines[buffer].Records;
            if (count + records.Count > _keys.Length)
            {
                Array.Resize(ref _keys, Math.Max(count + records.Count, _keys.Length * 2));
            }

            for (int index = 0; index < records.Count; index++)
            {
                _keys[count++] = records.KeyOf(index, buffer);
            }
        }

        Span<RecordKey> keys = _keys.AsSpan(0, count);
        keys.Sort();
        foreach (RecordKey key in keys)
        {
            RunRecord record = timelines[key.Buffer].Records[key.Index];
            foreach (IRecordReader reader in _readers)
            {
                reader.Read(in record);
            }
        }

        foreach (Timeline timeline in timelines)
        {
            timeline.Records.Clear();
        }
    }
}
