using Orrery.Lab.Files;
using Orrery.Machines.Processes;
using Orrery.Network;
using Orrery.Posix;
using Orrery.Simulation;
using Process = System.Diagnostics.Process;

namespace Orrery.Lab.Running;

/// <summary>A C# machine of a running lab in a process of its own (<c>process: own</c>).</summary>
internal sealed class OwnMachineNodeRun : ProcessNodeRun
{
    private readonly IReadOnlyList<string> _command;
    private readonly MachineSpecification _specification;
    private readonly string _folder;
    private readonly Lock _lock = new();
    private Process? _process;

    /// <param name="lab">The lab it is part of.</param>
    /// <param name="definition">The node in the lab file.</param>
    /// <param name="host">The timeline it lives on, with its calendar.</param>
    /// <param name="origin">The source of its records and events.</param>
    /// <param name="ports">Its interfaces' ports, in order.</param>
    /// <param name="notices">Where faults go.</param>
    /// <param name="command">Starts the process of a machine.</param>
    /// <param name="folder">For its sockets; exists, and is removed by who made it.</param>
    public OwnMachineNodeRun(
        LabDefinition lab,
        MachineNode definition,
        GuestTimeline host,
        Origin origin,
        IReadOnlyList<Port> ports,
        RunNotices notices,
        IReadOnlyList<string> command,
        string folder)
        : base(definition, host, origin, ports, notices)
    {
        _command = command;
        _folder = folder;
        _specification = MachineLaunch.SpecificationOf(
            lab, definition, PathOf(CalendarSocket), Id, card => PathOf(Devices[card].Socket)) with
        {
            Output = PathOf(OutputSocket),
            Control = PathOf(ControlSocket),
        };
    }

    /// <summary>Makes everything the machine will connect to.</summary>
    public bool TryPrepare(out string error) => TryServe(PathOf, out error);

    /// <inheritdoc/>
    protected override int ProcessId => _process is { HasExited: false } ? _process.Id : 0;

    /// <inheritdoc/>
    protected override bool TryLaunch(out string error)
    {
        lock (_lock)
        {
            _process = MachineLaunch.Start(_command, _specification, collects: false, out error);
            if (_process is not null && Processor is { } processor)
            {
                Affinity.Pin(_process.Id, processor);
            }

            return _process is not null;
        }
    }

    /// <inheritdoc/>
    protected override string? DescribeCrash() => _process!.WaitForExit(ExitWaitMilliseconds)
        ? $"ended with status {_process.ExitCode}: it said why on standard error"
        : "closed its connection and went on";

    /// <inheritdoc/>
    protected override void End()
    {
        lock (_lock)
        {
            if (_process is { HasExited: false })
            {
                _process.Kill();
                _process.WaitForExit();
            }
        }
    }

    private string PathOf(string socket) => Path.Combine(_folder, socket);
}
