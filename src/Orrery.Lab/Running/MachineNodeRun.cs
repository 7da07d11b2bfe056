using Orrery.Lab.Checkpoints;
using Orrery.Lab.Files;
using Orrery.Machines;
using Orrery.Machines.Interrupts;
using Orrery.Machines.Programs;
using Orrery.Machines.Stack;
using Orrery.Network;
using Orrery.Simulation;
using Orrery.Virtio;

namespace Orrery.Lab.Running;

/// <summary>A C# machine of a running lab, inside this process: its devices are reached by calls, in the order of sockets.</summary>
internal sealed class MachineNodeRun : RunningNode, IMachineObserver, IGuestClock, IDisposable
{
    private readonly RunNotices _notices;
    private readonly Machine _machine;
    private readonly List<(InProcessDevice Device, DeviceScheduler Scheduler, Origin Origin)> _devices = [];
    private readonly List<Typing> _typing = [];
    private readonly Beginning _beginning;

    private MachineNodeRun(
        LabDefinition lab, MachineNode definition, Timeline timeline, Origin origin, RunNotices notices)
        : base(definition, timeline, origin)
    {
        _notices = notices;
        _beginning = new Beginning(this);
        _machine = new Machine(OptionsOf(lab, definition), timeline, origin, this);
    }

    /// <inheritdoc/>
    bool IGuestClock.IsRunning => _machine.IsInTurn;

    /// <summary>Builds the machine and has it boot at its time.</summary>
    /// <param name="lab">The lab it is part of.</param>
    /// <param name="definition">The node in the lab file.</param>
    /// <param name="timeline">Where it lives.</param>
    /// <param name="origin">The source of its records and events.</param>
    /// <param name="ports">Its interfaces' ports, in order.</param>
    /// <param name="notices">Where faults go.</param>
    /// <param name="error">What is wrong with it, when null is returned.</param>
    public static MachineNodeRun? Build(
        LabDefinition lab, MachineNode definition, Timeline timeline, Origin origin, Port[] ports, RunNotices notices, out string error)
    {
        error = "";
        MachineProgram? program = null;
        if (!definition.Program.IsEmpty || definition.Assembly is not null)
        {
            program = ProgramCatalogue.Create(definition.Program, definition.Assembly, out error);
            if (program is null)
            {
                error = $"node {definition.Name}: {error}";
                return null;
            }
        }

        var node = new MachineNodeRun(lab, definition, timeline, origin, notices);
        for (int i = 0; i < ports.Length; i++)
        {
            node.Plug(definition.Interfaces[i], ports[i]);
        }

        foreach (TypedInput input in definition.Type)
        {
            var typing = new Typing(node, System.Text.Encoding.UTF8.GetBytes(input.Text));
            node._typing.Add(typing);
            timeline.Schedule(input.At, EventPriority.Devices, origin, typing);
        }

        timeline.Schedule(definition.Start, EventPriority.Devices, origin, node._beginning);
        node._machine.Boot(definition.Start, program);
        return node;
    }

    /// <inheritdoc/>
    public void OnBooted() => Ready();

    /// <inheritdoc/>
    public void OnOutput(ReadOnlySpan<byte> bytes) => Timeline.Record(Origin, RecordKind.Console, bytes);

    /// <inheritdoc/>
    public void OnExit(int code) => Exited(code);

    /// <inheritdoc/>
    public void OnFault(MachineFault fault)
    {
        _notices.Fault(fault.ToString());
        Failed();
    }

    // Device and machine share a timeline: its time is the machine's.
    bool IGuestClock.Synchronize() => true;

    void IGuestClock.BeginInterrupt()
    {
    }

    void IGuestClock.EndInterrupt()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((InProcessDevice device, _, _) in _devices)
        {
            device.Dispose();
        }
    }

    /// <summary>Everything the node holds, as plain values.</summary>
    /// <param name="handlers">Gets the node's handlers.</param>
    /// <param name="error">Why it cannot be saved, when null is returned.</param>
    public NodeRunState? Save(HandlerDirectory handlers, out string error)
    {
        _machine.AddTo(handlers);
        AddTo(handlers);
        return _machine.Save(out error) is { } machine ? new NodeRunState(Name, SaveLife(), machine) : null;
    }

    /// <summary>Takes the place of the node that was saved; nothing of this one has run.</summary>
    /// <param name="state">Not trusted.</param>
    /// <param name="handlers">Gets the node's handlers, so that its events can be restored next.</param>
    /// <returns>What is wrong with the state, with its place; null when nothing is.</returns>
    public string? Restore(NodeRunState state, HandlerDirectory handlers)
    {
        if (state.Name != Name)
        {
            return $"was saved as '{state.Name}', but is '{Name}'";
        }

        string? problem = RestoreLife(state.Life) is { } life ? $"life: {life}"
            : _machine.Restore(state.Machine, handlers) is { } machine ? $"machine: {machine}"
            : null;
        AddTo(handlers);
        foreach ((InProcessDevice device, DeviceScheduler scheduler, _) in _devices)
        {
            scheduler.Join(device);
        }

        return problem;
    }

    private void AddTo(HandlerDirectory handlers)
    {
        var once = new HandlerPlace(Timeline, EventPriority.Devices, Origin, CountMax: 1);
        handlers.Add($"{Name} begin", _beginning, once);
        for (int i = 0; i < _typing.Count; i++)
        {
            handlers.Add($"{Name} type {i}", _typing[i], once);
        }

        foreach ((InProcessDevice device, DeviceScheduler scheduler, Origin origin) in _devices)
        {
            handlers.Add($"{device.Name} flush", scheduler, new HandlerPlace(Timeline, EventPriority.Devices, origin));
        }
    }

    private static MachineOptions OptionsOf(LabDefinition lab, MachineNode node) => new()
    {
        Name = node.Name,
        FindHost = name => lab.AddressOf(node, name) is { } address ? IpAddress.From(address) : null,
        Chip = node.InterruptChip == InterruptChip.GicV2 ? MachineChip.GicV2 : MachineChip.GicV3,
        InterruptLatency = node.InterruptLatency,
    };

    private void Plug(InterfaceDefinition ethernet, Port port)
    {
        string name = $"{Name}.{ethernet.Name}";
        var plug = new PortPlug(port, ethernet.Mac);
        Origin origin = Timeline.Simulator.AddOrigin(name);
        var scheduler = new DeviceScheduler(Timeline, origin);
        var device = new InProcessDevice(name, plug.Device, this, scheduler, fault => _notices.Fault(fault.ToString()));
        _devices.Add((device, scheduler, origin));
        _machine.Add(new NetworkCard(
            host => new InProcessDriver(name, device, host),
            ethernet.Mac,
            [.. ethernet.Addresses.Select(address => new StackAddress(IpAddress.From(address.Address), address.PrefixLength))]));
    }

    private sealed class Typing(MachineNodeRun node, byte[] bytes) : IEventHandler
    {
        public void Handle(Timeline timeline, ulong argument) => node._machine.Serial.Receive(bytes, timeline.Now);
    }

    private sealed class Beginning(MachineNodeRun node) : IEventHandler
    {
        public void Handle(Timeline timeline, ulong argument) => node.Began();
    }
}
