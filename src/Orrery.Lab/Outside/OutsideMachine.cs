using System.Collections.Concurrent;
using System.Globalization;
using Orrery.Lab.Files;
using Orrery.Lab.Guests;
using Orrery.Lab.Running;
using Orrery.Machines.Processes;
using Orrery.Simulation;
using Process = System.Diagnostics.Process;

namespace Orrery.Lab.Outside;

/// <summary>Something a machine's process said: bytes on standard output, a line on standard error, or that a stream has ended.</summary>
/// <param name="Machine">Who.</param>
/// <param name="Output">What its program wrote; null when it is no output.</param>
/// <param name="Line">What it reports; null when it is no report. Both null: one of its two streams has ended.</param>
internal readonly record struct Happening(OutsideMachine Machine, byte[]? Output, string? Line);

/// <summary>A machine of a lab whose calendar is somebody else's: its process, and where it stands as far as it says so.</summary>
internal sealed class OutsideMachine : IDisposable
{
    private const string TimePrefix = "orrery: at ";
    private const string ProblemPrefix = "orrery machine: ";
    private const int StreamCount = 2;

    private readonly MachineNode _node;
    private readonly MachineSpecification _specification;
    private Process? _process;
    private int _openStreams = StreamCount;
    private ulong _nowNs;
    private ulong? _startedNs;
    private ulong? _endedNs;
    private string _problem = "";

    public OutsideMachine(MachineNode node, MachineSpecification specification)
    {
        _node = node;
        _specification = specification;
    }

    public string Name => _node.Name;

    public bool Runs => _node.Runs;

    public NodeState State { get; private set; }

    public int? ExitCode { get; private set; }

    public bool HasEnded => State is NodeState.Exited or NodeState.Failed;

    /// <summary>Nothing more will be heard of it.</summary>
    public bool IsGone => _openStreams == 0;

    /// <summary>The last simulated time it named.</summary>
    public SimTime Now => SimTime.FromNanoseconds(_nowNs);

    public ulong? EndedNs => _endedNs;

    public NodeView View => new(_node.Index, Name, _node.Kind, State, ExitCode);

    /// <summary>Starts the process; what it says goes to <paramref name="happenings"/>.</summary>
    public bool TryStart(IReadOnlyList<string> command, BlockingCollection<Happening> happenings, out string error)
    {
        _process = MachineLaunch.Start(command, _specification, collects: true, out error);
        if (_process is null)
        {
            return false;
        }

        Stream output = _process.StandardOutput.BaseStream;
        StreamReader reports = _process.StandardError;
        new Thread(() => ReadOutput(output, happenings)) { IsBackground = true, Name = $"{Name} output" }.Start();
        new Thread(() => ReadReports(reports, happenings)) { IsBackground = true, Name = $"{Name} reports" }.Start();
        return true;
    }

    /// <summary>Takes in a line of standard error.</summary>
    /// <returns>What is wrong, for a person; null when nothing is.</returns>
    public string? Take(string line)
    {
        if (line.StartsWith(TimePrefix, StringComparison.Ordinal))
        {
            _ = ulong.TryParse(line.AsSpan(TimePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out _nowNs);
            return null;
        }

        if (!GuestControl.TryParse(line, out GuestMessage message))
        {
            _problem = line.StartsWith(ProblemPrefix, StringComparison.Ordinal) ? line[ProblemPrefix.Length..] : line;
            return null;
        }

        switch (message.Kind)
        {
            case GuestMessageKind.Ready:
                _startedNs = _nowNs;
                State = NodeState.Running;
                break;
            case GuestMessageKind.Done when Runs && !HasEnded:
                _endedNs = _nowNs;
                ExitCode = message.Status;
                State = NodeState.Exited;
                break;
            case GuestMessageKind.Failed:
                Fail();
                return $"node {Name}: {message.Text}";
        }

        return null;
    }

    /// <summary>One of its streams has ended.</summary>
    /// <param name="wasKilled">The run has ended it.</param>
    /// <returns>What is wrong, for a person; null when nothing is or more is to come.</returns>
    public string? CloseStream(bool wasKilled)
    {
        if (--_openStreams > 0 || wasKilled)
        {
            return null;
        }

        _process!.WaitForExit();
        if (_process.ExitCode == 0 || State == NodeState.Failed)
        {
            return null;
        }

        Fail();
        return _problem.Length > 0 ? _problem : $"node {Name}: its process ended with status {_process.ExitCode}";
    }

    public void Kill()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }
    }

    public void Dispose()
    {
        Kill();
        _process?.Dispose();
    }

    public NodeResult ToResult() => new()
    {
        Name = Name,
        Kind = _node.Kind,
        State = State.ToString().ToLowerInvariant(),
        ExitCode = ExitCode,
        StartedNs = _startedNs,
        EndedNs = _endedNs,
    };

    private void Fail()
    {
        if (State != NodeState.Exited)
        {
            _endedNs = _nowNs;
            State = NodeState.Failed;
        }
    }

    private void ReadOutput(Stream stream, BlockingCollection<Happening> happenings)
    {
        var buffer = new byte[1 << 14];
        int count;
        while ((count = stream.Read(buffer)) > 0)
        {
            happenings.Add(new Happening(this, buffer[..count], null));
        }

        happenings.Add(new Happening(this, null, null));
    }

    private void ReadReports(StreamReader reports, BlockingCollection<Happening> happenings)
    {
        while (reports.ReadLine() is { } line)
        {
            happenings.Add(new Happening(this, null, line));
        }

        happenings.Add(new Happening(this, null, null));
    }
}
