using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Orrery.Lab.Files;
using Orrery.Lab.Guests;
using Orrery.Lab.Running;
using Orrery.Machines.Processes;
using Orrery.Simulation;
using RunResult = Orrery.Lab.Running.RunResult;

namespace Orrery.Lab.Outside;

/// <summary>
/// Runs the machines of a lab at a calendar and on networks that are somebody else's (<c>orrery run LAB --calendar</c>):
/// each as a process of its own that says on its standard streams what becomes of it. There is no digest: what happens
/// between the machines is not Orrery's to see.
/// </summary>
public sealed class OutsideRun : IRunView, IDisposable
{
    /// <summary>What the machines said and nobody has read yet; who writes more waits.</summary>
    private const int HappeningsMax = 4096;

    private const long OutputBytesMax = 256L << 20;

    private readonly LabDefinition _lab;
    private readonly IRunObserver _observer;
    private readonly Stopwatch _wall = Stopwatch.StartNew();
    private readonly BlockingCollection<Happening> _happenings = new(HappeningsMax);
    private readonly Dictionary<OutsideMachine, BoundedLog> _logs = [];
    private readonly List<string> _faults = [];
    private readonly OutsideMachine[] _machines;

    private OutsideRun(LabDefinition lab, IReadOnlyList<MachineSpecification> specifications, RunFolder folder, IRunObserver observer)
    {
        _lab = lab;
        _observer = observer;
        Folder = folder.Path;
        _machines = [.. specifications.Select((specification, i) => new OutsideMachine((MachineNode)lab.Nodes[i], specification))];
        foreach (OutsideMachine machine in _machines)
        {
            _logs.Add(machine, new BoundedLog(folder.Output(machine.Name), OutputBytesMax));
        }
    }

    /// <inheritdoc/>
    public string Title => _lab.Title;

    /// <inheritdoc/>
    public string Folder { get; }

    /// <inheritdoc/>
    public SimTime Now => _machines.Select(machine => machine.Now).Max();

    /// <inheritdoc/>
    public TimeSpan Wall => _wall.Elapsed;

    /// <inheritdoc/>
    public IReadOnlyList<NodeView> Nodes => [.. _machines.Select(machine => machine.View)];

    private IEnumerable<OutsideMachine> Awaited => _lab.Until switch
    {
        LabEnd.NodeExits exits => [_machines[exits.Node]],
        LabEnd.AllExit => _machines.Where(machine => machine.Runs),
        _ => [],
    };

    private bool IsOver => _lab.Until is not LabEnd.At && Awaited.All(machine => machine.HasEnded);

    private bool IsDeserted => _machines.All(machine => machine.IsGone);

    /// <summary>Runs the machines of <paramref name="lab"/> to the lab's end. No process is left when this returns.</summary>
    /// <param name="lab">What is run.</param>
    /// <param name="outside">What its machines join.</param>
    /// <param name="options">How; workers and pace are the calendar's affair.</param>
    /// <param name="folder">Where the result goes.</param>
    /// <param name="observer">Told what happens.</param>
    /// <param name="cancellation">Ends the run early: <see cref="RunStatus.Interrupted"/>.</param>
    /// <returns>The result, which is also in the folder.</returns>
    public static RunResult Run(
        LabDefinition lab,
        OutsideOptions outside,
        RunOptions options,
        RunFolder folder,
        IRunObserver observer,
        CancellationToken cancellation)
    {
        RunResult result;
        if (OutsidePlan.Of(lab, outside, out string error) is { } specifications)
        {
            using var run = new OutsideRun(lab, specifications, folder, observer);
            result = run.Run(options, cancellation);
        }
        else
        {
            result = RunResult.Unusable(lab.Seed, error);
        }

        result.Write(folder.Result);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (OutsideMachine machine in _machines)
        {
            machine.Dispose();
            _logs[machine].Dispose();
        }

        _happenings.Dispose();
    }

    private RunResult Run(RunOptions options, CancellationToken cancellation)
    {
        _observer.Started(this);
        foreach (NetworkDefinition network in _lab.Networks.Where(network => network.Capture))
        {
            _observer.Warned($"network {network.Name} is not captured: it is somebody else's");
        }

        foreach (OutsideMachine machine in _machines)
        {
            if (!machine.TryStart(options.MachineCommand ?? [Environment.ProcessPath!, "machine"], _happenings, out string error))
            {
                return RunResult.Unusable(_lab.Seed, error);
            }
        }

        using var limit = new CancellationTokenSource(options.Timeout ?? Timeout.InfiniteTimeSpan);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        bool inTime = FollowToTheEnd(stop.Token);
        bool isOver = IsOver;
        EndMachines();
        return Judge(inTime, isOver, interrupted: cancellation.IsCancellationRequested);
    }

    private bool FollowToTheEnd(CancellationToken stop)
    {
        try
        {
            while (!IsOver && !IsDeserted)
            {
                Take(_happenings.Take(stop), wasKilled: false);
                _observer.Progressed(this);
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    // What the machines have written before their end is still in their pipes.
    private void EndMachines()
    {
        foreach (OutsideMachine machine in _machines)
        {
            machine.Kill();
        }

        while (!IsDeserted)
        {
            Take(_happenings.Take(), wasKilled: true);
        }
    }

    private void Take(Happening happening, bool wasKilled)
    {
        OutsideMachine machine = happening.Machine;
        if (happening.Output is { } output)
        {
            _logs[machine].Write(output);
            _observer.Output(machine.View, output);
            return;
        }

        NodeState before = machine.State;
        string? fault = happening.Line is { } line ? machine.Take(line) : machine.CloseStream(wasKilled);
        if (fault is not null)
        {
            _faults.Add(fault);
            _observer.Warned(fault);
        }

        if (machine.State != before)
        {
            _observer.NodeChanged(machine.View, machine.Now);
        }
    }

    private RunResult Judge(bool inTime, bool isOver, bool interrupted)
    {
        OutsideMachine? failed = Array.Find(_machines, machine => machine.ExitCode > 0);
        (RunStatus status, string reason) = (inTime, interrupted) switch
        {
            (false, true) => (RunStatus.Interrupted, "interrupted"),
            (false, false) => (RunStatus.OutOfTime, "the wall-clock limit has passed"),
            _ when _faults.Count > 0 => (RunStatus.ParticipantFault, _faults[0]),
            _ when failed is not null => (
                RunStatus.Failed, string.Create(CultureInfo.InvariantCulture, $"node {failed.Name} exited with {failed.ExitCode}")),
            _ when !isOver && !HasReachedItsTime => (RunStatus.Idle, $"the calendar ended before the lab's end: {_lab.Until}"),
            _ => (RunStatus.Passed, ""),
        };
        return new RunResult
        {
            Status = status,
            Reason = reason,
            Seed = _lab.Seed,
            SimulatedNs = isOver ? Awaited.Max(machine => machine.EndedNs) ?? Now.Nanoseconds : Now.Nanoseconds,
            WallSeconds = Math.Round(Wall.TotalSeconds, 6),
            Events = 0,
            Digest = "",
            Nodes = [.. _machines.Select(machine => machine.ToResult())],
            Faults = _faults,
        };
    }

    private bool HasReachedItsTime => _lab.Until is LabEnd.At at && _machines.All(machine => machine.Now >= at.Time);
}
