using System.Collections.Immutable;
using System.Diagnostics;
using Orrery.Lab.Files;
using Orrery.Lab.Guests;
using Orrery.Network;
using Orrery.Simulation;
using Orrery.TimeTravel;
using CalendarOptions = Orrery.TimeTravel.CalendarOptions;

namespace Orrery.Lab.Running;

/// <summary>A lab that has been built and can run: its timelines, nodes and networks.</summary>
internal sealed class RunningLab : IRunView, IDisposable
{
    private readonly LabDefinition _lab;
    private readonly RunOptions _options;
    private readonly TimelinePlan _plan;
    private readonly Stopwatch _wall = Stopwatch.StartNew();
    private readonly List<RunningNode> _nodes = [];
    private readonly Dictionary<int, Timeline> _timelines = [];
    private readonly Dictionary<Timeline, GuestTimeline> _hosts = [];
    private readonly ProcessorLease _processors;
    private readonly List<string> _folders = []; // of sockets, to be removed
    private readonly Lazy<string> _sockets = new(() => Directory.CreateTempSubdirectory("orrery-").FullName);
    private GuestLauncher? _launcher;

    private RunningLab(LabDefinition lab, RunOptions options, RunFolder folder)
    {
        _lab = lab;
        _options = options;
        Folder = folder.Path;
        _plan = TimelinePlan.Of(lab);
        int jobs = options.Jobs > 0 ? options.Jobs : Environment.ProcessorCount;
        _processors = ProcessorLease.Take(Math.Min(jobs, _plan.TimelineCount));
        Simulator = new Simulator(new SimulatorOptions
        {
            Seed = lab.Seed,
            EpochLength = lab.Calendar.Epoch,
            Workers = _processors.Processors.Count,
            Splitting = options.Splitting,
            WorkerStarting = worker => Posix.Affinity.PinCurrentThread(_processors.Processors[worker]),
            WorkersAssigned = MoveGuests,
        });
        Fabric = new Fabric(Simulator);
    }

    /// <summary>Runs it.</summary>
    public Simulator Simulator { get; }

    /// <summary>Its networks.</summary>
    public Fabric Fabric { get; }

    /// <summary>What it has to say besides its records.</summary>
    public RunNotices Notices { get; } = new();

    /// <summary>Its nodes in the order of the lab file.</summary>
    public IReadOnlyList<RunningNode> RunningNodes => _nodes;

    /// <inheritdoc/>
    public string Title => _lab.Title;

    /// <inheritdoc/>
    public string Folder { get; }

    /// <inheritdoc/>
    public SimTime Now => Simulator.Now;

    /// <inheritdoc/>
    public TimeSpan Wall => _wall.Elapsed;

    /// <inheritdoc/>
    public IReadOnlyList<NodeView> Nodes => [.. _nodes.Select(node => node.View)];

    /// <summary>Builds the lab. Nothing of it runs yet.</summary>
    /// <param name="lab">What is run.</param>
    /// <param name="options">How.</param>
    /// <param name="folder">Where it leaves its logs.</param>
    /// <param name="kernel">The kernel of Linux nodes that name none; null when there are no such nodes.</param>
    /// <param name="error">What is wrong or missing, when null is returned.</param>
    public static RunningLab? Build(
        LabDefinition lab, RunOptions options, RunFolder folder, string? kernel, out string error)
    {
        var running = new RunningLab(lab, options, folder);
        if (running.TryBuild(folder, kernel, out error))
        {
            return running;
        }

        running.Dispose();
        return null;
    }

    /// <summary>Starts the guests that belong to the lab from its beginning; they stop at their first turn.</summary>
    public bool TryStart(out string error)
    {
        Simulator.AssignWorkers();
        foreach (ProcessNodeRun node in _nodes.OfType<ProcessNodeRun>())
        {
            if (!node.TryStartNow(out error))
            {
                return false;
            }
        }

        error = "";
        return true;
    }

    /// <summary>Kills every guest: at the end, or to wake a worker that waits for one. From any thread.</summary>
    public void KillGuests()
    {
        foreach (ParticipantNodeRun node in _nodes.OfType<ParticipantNodeRun>())
        {
            node.Kill();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        KillGuests();
        foreach (IDisposable node in _nodes.OfType<IDisposable>())
        {
            node.Dispose();
        }

        foreach (GuestTimeline host in _hosts.Values)
        {
            host.Dispose();
        }

        _launcher?.Dispose();
        if (_sockets.IsValueCreated)
        {
            _folders.Add(_sockets.Value);
        }

        _folders.ForEach(folder => Directory.Delete(folder, recursive: true));
        _processors.Dispose();
    }

    /// <summary>A guest belongs on the core of the worker that waits for it.</summary>
    private void MoveGuests()
    {
        foreach (ProcessNodeRun node in _nodes.OfType<ProcessNodeRun>())
        {
            node.MoveTo(_processors.Processors[node.Timeline.WorkerIndex]);
        }
    }

    private bool TryBuild(RunFolder folder, string? kernel, out string error)
    {
        // Origins are numbered here, in the order of the lab file: nodes, then ports and networks, then devices.
        Origin[] origins = [.. _lab.Nodes.Select(node => Simulator.AddOrigin(node.Name))];
        Port[][] ports = [.. _lab.Nodes.Select(node => AddPorts(node, TimelineOf(node.Index)))];
        foreach (NetworkDefinition network in _lab.Networks)
        {
            ImmutableArray<Port> ends = [.. network.Ports.Select(port => ports[port.Node][port.Interface])];
            if (network is LinkDefinition)
            {
                Fabric.AddLink(network.Name, ends[0], ends[1], network.Delay);
            }
            else
            {
                Fabric.AddSegment(network.Name, ends, network.Delay);
            }
        }

        foreach (NodeDefinition node in _lab.Nodes)
        {
            bool added = node switch
            {
                LinuxNode linux => TryAddLinux(linux, TimelineOf(node.Index), origins[node.Index], ports[node.Index], folder, kernel, out error),
                MachineNode { OwnProcess: false } machine => TryAddMachine(machine, TimelineOf(node.Index), origins[node.Index], ports[node.Index], out error),
                MachineNode machine => TryAddOwnMachine(machine, TimelineOf(node.Index), origins[node.Index], ports[node.Index], out error),
                _ => TryAddExternal((ExternalNode)node, TimelineOf(node.Index), origins[node.Index], ports[node.Index], folder, out error),
            };
            if (!added)
            {
                return false;
            }
        }

        Simulator.EpochEnded += new BroadcastRelay(_hosts.Values).OnEpochEnded;
        error = "";
        return true;
    }

    private bool TryAddLinux(
        LinuxNode node, Timeline timeline, Origin origin, Port[] ports, RunFolder folder, string? kernel, out string error)
    {
        error = "";
        if (_launcher is null)
        {
            _launcher = GuestLauncher.Create(out error);
            if (_launcher is null)
            {
                return false;
            }

            if (_launcher.Warning is { } warning)
            {
                Notices.Notice(warning);
            }
        }

        var run = new LinuxNodeRun(node, HostOf(timeline), origin, ports, Notices);
        _nodes.Add(run);
        return run.TryPrepare(_launcher, _lab, folder, node.Kernel ?? kernel!, out error);
    }

    private bool TryAddMachine(MachineNode node, Timeline timeline, Origin origin, Port[] ports, out string error)
    {
        MachineNodeRun? run = MachineNodeRun.Build(_lab, node, timeline, origin, ports, Notices, out error);
        if (run is null)
        {
            return false;
        }

        _nodes.Add(run);
        return true;
    }

    private bool TryAddOwnMachine(MachineNode node, Timeline timeline, Origin origin, Port[] ports, out string error)
    {
        IReadOnlyList<string> command = _options.MachineCommand ?? [Environment.ProcessPath!, "machine"];
        string folder = Directory.CreateDirectory(Path.Combine(_sockets.Value, $"{node.Index}")).FullName;
        var run = new OwnMachineNodeRun(_lab, node, HostOf(timeline), origin, ports, Notices, command, folder);
        _nodes.Add(run);
        return run.TryPrepare(out error);
    }

    private bool TryAddExternal(ExternalNode node, Timeline timeline, Origin origin, Port[] ports, RunFolder folder, out string error)
    {
        string sockets = Directory.CreateDirectory(folder.File(node.Name)).FullName;
        _folders.Add(sockets);
        var run = new ExternalNodeRun(node, HostOf(timeline), origin, ports, Notices, sockets);
        _nodes.Add(run);
        return run.TryPrepare(out error);
    }

    private Port[] AddPorts(NodeDefinition node, Timeline timeline)
        => [.. node.Interfaces.Select(ethernet => Fabric.AddPort($"{node.Name}.{ethernet.Name}", timeline))];

    private Timeline TimelineOf(int node)
    {
        int leader = _plan.LeaderOf(node);
        if (!_timelines.TryGetValue(leader, out Timeline? timeline))
        {
            timeline = Simulator.AddTimeline(_lab.Nodes[leader].Name);
            _timelines.Add(leader, timeline);
        }

        return timeline;
    }

    private GuestTimeline HostOf(Timeline timeline)
    {
        if (!_hosts.TryGetValue(timeline, out GuestTimeline? host))
        {
            var options = new CalendarOptions
            {
                Memory = !_lab.Calendar.Memory ? MemoryMode.Off
                    : _lab.Nodes.Any(node => node is ExternalNode) ? MemoryMode.Shared
                    : MemoryMode.Private,
                StartEpochNanoseconds = _lab.StartUnixNs,
                WaitLimit = _lab.Calendar.Watchdog,
            };
            host = new GuestTimeline(timeline, options, Notices);
            _hosts.Add(timeline, host);
        }

        return host;
    }
}
