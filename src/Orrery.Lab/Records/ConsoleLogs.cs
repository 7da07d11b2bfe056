using System.Text;
using Orrery.Lab.Checkpoints;
using Orrery.Lab.Guests;
using Orrery.Lab.Running;
using Orrery.Simulation;

namespace Orrery.Lab.Records;

/// <summary>Writes what each node's commands wrote to a file of its own.</summary>
internal sealed class ConsoleLogs(RunFolder folder) : IRecordReader, IDisposable
{
    /// <summary>Bytes of a file; the digest and the records have the rest all the same.</summary>
    private const long SizeMax = 256L << 20;

    /// <summary>Bytes of a file that a checkpoint takes along: its end.</summary>
    private const int SavedMax = 1 << 20;

    private readonly Dictionary<uint, (Origin Source, BoundedLog Log)> _logs = [];

    /// <inheritdoc/>
    public void Read(in RunRecord record)
    {
        if (record.Kind != RecordKind.Console)
        {
            return;
        }

        LogOf(record.Source).Write(record.Payload);
    }

    /// <summary>What is in the files.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public IReadOnlyList<OutputState> Save() => [.. _logs.Values.OrderBy(log => log.Source.Id).Select(log => SaveFile(log.Source))];

    /// <summary>Begins the files with what a run wrote before it was saved.</summary>
    /// <param name="state">Not trusted.</param>
    /// <param name="origins">The sources of records, by number.</param>
    /// <returns>What is wrong with the state, with its place; null when nothing is.</returns>
    public string? Restore(IReadOnlyList<OutputState> state, IReadOnlyList<Origin> origins)
    {
        for (int i = 0; i < state.Count; i++)
        {
            OutputState saved = state[i];
            if (saved.Source >= (uint)origins.Count || _logs.ContainsKey(saved.Source) || saved.Bytes.Length > SavedMax || saved.Omitted < 0)
            {
                return $"[{i}]: {saved.Bytes.Length} bytes after {saved.Omitted} of source {saved.Source} are no output of a source of its own";
            }

            BoundedLog log = LogOf(origins[(int)saved.Source]);
            if (saved.Omitted > 0)
            {
                log.Write(Encoding.UTF8.GetBytes($"[orrery: {saved.Omitted} bytes before this are not in the checkpoint]\n"));
            }

            log.Write(saved.Bytes);
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, BoundedLog log) in _logs.Values)
        {
            log.Dispose();
        }

        _logs.Clear();
    }

    private BoundedLog LogOf(Origin source)
    {
        if (!_logs.TryGetValue(source.Id, out (Origin Source, BoundedLog Log) found))
        {
            found = (source, new BoundedLog(folder.Output(source.Name), SizeMax));
            _logs.Add(source.Id, found);
        }

        return found.Log;
    }

    private OutputState SaveFile(Origin source)
    {
        using var file = new FileStream(folder.Output(source.Name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[Math.Min(file.Length, SavedMax)];
        long omitted = file.Length - bytes.Length;
        file.Seek(omitted, SeekOrigin.Begin);
        file.ReadExactly(bytes);
        return new OutputState(source.Id, omitted, bytes);
    }
}
