using Orrery.Lab.Guests;
using Orrery.Lab.Running;
using Orrery.Simulation;

namespace Orrery.Lab.Records;

/// <summary>Writes what each node's commands wrote to a file of its own.</summary>
internal sealed class ConsoleLogs(RunFolder folder) : IRecordReader, IDisposable
{
    /// <summary>Bytes of a file; the digest and the records have the rest all the same.</summary>
    private const long SizeMax = 256L << 20;

    private readonly Dictionary<Origin, BoundedLog> _logs = [];

    /// <inheritdoc/>
    public void Read(in RunRecord record)
    {
        if (record.Kind != RecordKind.Console)
        {
            return;
        }

        if (!_logs.TryGetValue(record.Source, out BoundedLog? log))
        {
            log = new BoundedLog(folder.Output(record.Source.Name), SizeMax);
            _logs.Add(record.Source, log);
        }

        log.Write(record.Payload);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (BoundedLog log in _logs.Values)
        {
            log.Dispose();
        }

        _logs.Clear();
    }
}
