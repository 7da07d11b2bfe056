using Orrery.Simulation;

namespace Orrery.Lab.Records;

/// <summary>Compares a run that is going on with a recorded one.</summary>
/// <param name="comparison">Told every record; once it is decided the run may as well end.</param>
public sealed class ComparingReader(RunComparison comparison) : IRecordReader
{
    /// <inheritdoc/>
    public void Read(in RunRecord record)
    {
        if (!comparison.IsDecided)
        {
            comparison.Add(new StoredRecord(record.Time, record.Source.Name, record.Kind, record.Payload.ToArray()));
        }
    }
}
