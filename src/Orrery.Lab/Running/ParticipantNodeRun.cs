using Orrery.Lab.Files;
using Orrery.Lab.Guests;
using Orrery.Network;
using Orrery.Posix;
using Orrery.Simulation;
using Orrery.TimeTravel;
using Orrery.Virtio;

namespace Orrery.Lab.Running;

/// <summary>
/// A node that runs as a process of its own: its place in the calendar, the devices it reaches over sockets, and the two
/// consoles that carry what its commands write and what it says about them.
/// </summary>
internal abstract class ParticipantNodeRun : RunningNode, IParticipantOwner, IEventHandler, IDisposable
{
    /// <summary>Names of the sockets in the node's folder; those of its network cards are <c>net0</c>, <c>net1</c> …</summary>
    protected const string CalendarSocket = "clock", OutputSocket = "out", ControlSocket = "control";

    private readonly NodeDefinition _definition;
    private readonly GuestTimeline _host;
    private readonly GuestControl _control;
    private readonly ParticipantClock _clock = new();
    private readonly List<IDisposable> _served = [];
    private readonly List<(string Socket, IVirtioDevice Device)> _devices = [];
    private bool _isGone;

    /// <param name="definition">The node in the lab file.</param>
    /// <param name="host">The timeline it lives on, with its calendar.</param>
    /// <param name="origin">The source of its records and events.</param>
    /// <param name="ports">Its interfaces' ports, in order.</param>
    /// <param name="notices">Where faults go.</param>
    protected ParticipantNodeRun(
        NodeDefinition definition, GuestTimeline host, Origin origin, IReadOnlyList<Port> ports, RunNotices notices)
        : base(definition, host.Timeline, origin)
    {
        _definition = definition;
        _host = host;
        Notices = notices;
        _control = new GuestControl(OnControl);
        for (int i = 0; i < ports.Count; i++)
        {
            _devices.Add(($"net{i}", new PortPlug(ports[i], definition.Interfaces[i].Mac).Device));
        }

        _devices.Add((OutputSocket, new VirtioConsoleDevice(new RecordedConsole(this))));
        _devices.Add((ControlSocket, new VirtioConsoleDevice(_control)));
    }

    /// <summary>The processor its process is started on; null leaves that to the host.</summary>
    protected int? Processor { get; private set; }

    /// <summary>The process, if it runs; else 0.</summary>
    protected abstract int ProcessId { get; }

    /// <summary>How it introduces itself to the calendar: by its place in the lab file.</summary>
    protected ulong Id => (ulong)_definition.Index + 1;

    /// <summary>Its devices in the order in which it finds them.</summary>
    protected IReadOnlyList<(string Socket, IVirtioDevice Device)> Devices => _devices;

    /// <summary>Where faults go.</summary>
    protected RunNotices Notices { get; }

    /// <summary>It at its calendar; null before <see cref="TryServe"/>.</summary>
    protected Participant? Participant => _clock.Participant;

    /// <summary>
    /// Puts its process, and all that this has started, on a processor: that of the worker that waits for it. While the
    /// simulation stands still.
    /// </summary>
    public void MoveTo(int processor)
    {
        if (processor == Processor)
        {
            return;
        }

        Processor = processor;
        if (ProcessId > 0)
        {
            Affinity.PinTree(ProcessId, processor);
        }
    }

    /// <summary>Starts what belongs to the lab from its beginning; what joins late starts by itself.</summary>
    public bool TryStartNow(out string error)
    {
        error = "";
        return _definition.Start > SimTime.Zero || TryLaunch(out error);
    }

    /// <inheritdoc/>
    public void OnAdmitted() => Began();

    /// <inheritdoc/>
    public void OnLeft(ParticipantFault? fault)
    {
        if (_isGone)
        {
            return;
        }

        _isGone = true;
        string? crash = fault is null ? DescribeCrash() : null;
        KillProcess();
        if (fault is null && crash is null)
        {
            if (!HasEnded)
            {
                Exited(0);
            }

            return;
        }

        if (crash is not null && !HasEnded)
        {
            Notices.Fault($"node {Name} {crash}");
        }

        Failed();
    }

    /// <summary>Kills the process; a run that has ended wants nothing more of it. From any thread.</summary>
    public void Kill()
    {
        _isGone = true;
        KillProcess();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        foreach (IDisposable served in _served)
        {
            served.Dispose();
        }
    }

    void IEventHandler.Handle(Timeline timeline, ulong argument)
    {
        if (!TryLaunch(out string error))
        {
            // The calendar will wait for it in vain and say so; this says why.
            Notices.Fault(error);
        }
    }

    /// <summary>Announces the node to its calendar and makes every socket it will look for.</summary>
    /// <param name="pathOf">The path of a socket by its name.</param>
    /// <param name="error">What is wrong.</param>
    protected bool TryServe(Func<string, string> pathOf, out string error)
    {
        _clock.Attach(_host.Expect(this, Id, Origin, _definition.Start, _definition.ScheduleMemory));
        int listening = _host.Calendar.Listen(pathOf(CalendarSocket));
        if (listening < 0)
        {
            error = $"{pathOf(CalendarSocket)}: {Errno.Describe(listening)}";
            return false;
        }

        foreach ((string socket, IVirtioDevice device) in _devices)
        {
            string name = $"{Name}.{socket}";
            var scheduler = new DeviceScheduler(Timeline, Timeline.Simulator.AddOrigin(name));
            var served = new VhostUserDevice(
                name, device, _clock, scheduler, _host.Reactor, fault => Notices.Fault(fault.ToString()));
            _served.Add(served);
            var listener = VhostUserListener.Open(pathOf(socket), _host.Reactor, served, out string? problem);
            if (listener is null)
            {
                error = problem!;
                return false;
            }

            _served.Add(listener);
        }

        if (_definition.Start > SimTime.Zero)
        {
            // Before the calendar waits for it at the same instant.
            Timeline.Schedule(_definition.Start, EventPriority.Devices, Origin, this);
        }

        error = "";
        return true;
    }

    /// <summary>Disposes of <paramref name="served"/> together with the node.</summary>
    protected void Own(IDisposable served) => _served.Add(served);

    /// <summary>Starts the process.</summary>
    protected abstract bool TryLaunch(out string error);

    /// <summary>The process has closed its connection: waits for its end.</summary>
    /// <returns>What happened, after the node's name; null when it ended as it wanted to.</returns>
    protected abstract string? DescribeCrash();

    /// <summary>Ends the process, if there is one. From any thread.</summary>
    protected abstract void KillProcess();

    private void OnControl(GuestMessage message)
    {
        switch (message.Kind)
        {
            case GuestMessageKind.Ready when State == NodeState.Booting:
                Ready();
                break;
            case GuestMessageKind.Done when Runs && !HasEnded:
                Exited(message.Status);
                break;
            case GuestMessageKind.Failed when !HasEnded:
                Notices.Fault($"node {Name}: {message.Text}");
                Failed();
                break;
        }
    }

    /// <summary>What the node's commands write, as records.</summary>
    private sealed class RecordedConsole(RunningNode node) : IConsoleBackend
    {
        public void Write(ReadOnlySpan<byte> bytes) => node.Timeline.Record(node.Origin, RecordKind.Console, bytes);
    }
}
