using System.Collections.Immutable;
using Orrery.Lab.Checkpoints;
using Orrery.Lab.Files;
using Orrery.Lab.Running;
using Orrery.Network;
using Orrery.Simulation;

namespace Orrery.Lab.Records;

/// <summary>What a run leaves of its records: the digest with its trail, the nodes' output, the captures, and the records themselves.</summary>
internal sealed class RunRecording : IDisposable
{
    private readonly DigestTrail _trail;
    private readonly RunDigest _digest;
    private readonly ConsoleLogs _logs;
    private readonly CaptureSet _captures;
    private readonly RecordFileWriter? _records;

    private RunRecording(LabDefinition lab, RunFolder folder)
    {
        _trail = new DigestTrail(new StreamWriter(folder.Trail));
        _digest = new RunDigest(_trail);
        _logs = new ConsoleLogs(folder);
        _captures = new CaptureSet(lab.StartUnixNs);
        _records = lab.Record ? new RecordFileWriter(folder.Records, Header(lab)) : null;
    }

    /// <summary>What of it ends before the run does, in words. Complete after <see cref="Finish"/>.</summary>
    public IReadOnlyList<string> Faults => [.. _captures.Faults, .. new[] { _records?.Fault, _trail.Fault }.OfType<string>()];

    /// <summary>Begins, before the run does.</summary>
    /// <param name="lab">What is run; says what is captured.</param>
    /// <param name="folder">Takes the files.</param>
    /// <param name="fabric">The networks, by the names that the lab gives them.</param>
    /// <param name="simulator">Makes the records.</param>
    /// <exception cref="IOException">A file cannot be made.</exception>
    public static RunRecording Begin(LabDefinition lab, RunFolder folder, Fabric fabric, Simulator simulator)
    {
        var recording = new RunRecording(lab, folder);
        foreach (NetworkDefinition network in lab.Networks.Where(network => network.Capture))
        {
            recording._captures.Add(folder.Capture(network.Name), PortsOf(fabric, network.Name));
        }

        simulator.AddRecordReader(recording._digest);
        simulator.AddRecordReader(recording._logs);
        simulator.AddRecordReader(recording._captures);
        if (recording._records is not null)
        {
            simulator.AddRecordReader(recording._records);
        }

        return recording;
    }

    /// <summary>Hands over what is buffered, so that it is there if Orrery is killed.</summary>
    public void Flush()
    {
        _trail.Flush();
        _records?.Flush();
    }

    /// <summary>The hashes of what has happened, and what the nodes have written, for a checkpoint.</summary>
    /// <exception cref="IOException">What the nodes have written cannot be read.</exception>
    public (DigestState Digest, IReadOnlyList<OutputState> Output) Save() => (_digest.Save(), _logs.Save());

    /// <summary>Goes on with the hashes and the output of a run that was saved.</summary>
    /// <param name="state">Not trusted.</param>
    /// <param name="origins">The sources of records, by number.</param>
    /// <returns>What is wrong with the state, with its place; null when nothing is.</returns>
    public string? Restore(CheckpointState state, IReadOnlyList<Origin> origins) =>
        _digest.Restore(state.Digest, origins) is { } digest ? $"digest: {digest}"
        : _logs.Restore(state.Output, origins) is { } output ? $"output{output}"
        : null;

    /// <summary>Completes the files.</summary>
    /// <returns>The digests.</returns>
    public DigestResult Finish()
    {
        DigestResult result = _digest.Finish();
        Dispose();
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _trail.Dispose();
        _logs.Dispose();
        _captures.Dispose();
        _records?.Dispose();
    }

    private static RecordFileHeader Header(LabDefinition lab) => new()
    {
        Lab = lab.Title,
        Seed = lab.Seed,
        StartUnixNs = lab.StartUnixNs,
        Nodes = [.. lab.Nodes.Select(node => node.Name)],
    };

    private static ImmutableArray<Port> PortsOf(Fabric fabric, string network) =>
        fabric.Links.FirstOrDefault(link => link.Name == network) is { } link ? [link.A, link.B]
        : fabric.Segments.First(segment => segment.Name == network).Ports;
}
