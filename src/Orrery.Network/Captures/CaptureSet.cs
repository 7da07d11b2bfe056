using Orrery.Simulation;

namespace Orrery.Network;

/// <summary>
/// Captures of links and segments, written from a run's records: each frame once, at the instant it left its port and on
/// that port's interface.
/// </summary>
/// <param name="startUnixNs">The wall clock at simulated time 0, in nanoseconds since 1970.</param>
public sealed class CaptureSet(ulong startUnixNs) : IRecordReader, IDisposable
{
    private readonly Dictionary<Origin, (Capture Capture, uint Interface)> _interfaces = [];
    private readonly List<Capture> _captures = [];
    private readonly List<string> _faults = [];

    /// <summary>Captures that broke off, in words: a full disk ends a capture, not the run.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>Captures the ports of a link or segment to a new file.</summary>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public void Add(string path, IEnumerable<Port> ports)
    {
        var capture = new Capture(path, new PcapngWriter(File.Create(path, bufferSize: 1)));
        _captures.Add(capture);
        foreach (Port port in ports)
        {
            _interfaces.Add(port.Origin, (capture, capture.Writer.AddInterface(port.Name)));
        }
    }

    /// <inheritdoc/>
    public void Read(in RunRecord record)
    {
        if (record.Kind != RecordKind.Frame || !_interfaces.TryGetValue(record.Source, out var port) || port.Capture.IsBroken)
        {
            return;
        }

        try
        {
            port.Capture.Writer.WriteSent(port.Interface, startUnixNs + record.Time.Nanoseconds, record.Payload);
        }
        catch (IOException error)
        {
            Break(port.Capture, error);
        }
    }

    /// <summary>Completes the files.</summary>
    public void Dispose()
    {
        foreach (Capture capture in _captures)
        {
            try
            {
                capture.Writer.Dispose();
            }
            catch (IOException error)
            {
                Break(capture, error);
            }
        }

        _captures.Clear();
        _interfaces.Clear();
    }

    private void Break(Capture capture, IOException error)
    {
        if (!capture.IsBroken)
        {
            capture.IsBroken = true;
            _faults.Add($"the capture {capture.Path} ends early: {error.Message}");
        }
    }

    private sealed class Capture(string path, PcapngWriter writer)
    {
        public string Path { get; } = path;

        public PcapngWriter Writer { get; } = writer;

        public bool IsBroken { get; set; }
    }
}
