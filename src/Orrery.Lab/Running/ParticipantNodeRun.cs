using Orrery.Lab.Files;
using Orrery.Network;
using Orrery.Posix;
using Orrery.Simulation;
using Orrery.TimeTravel;
using Orrery.Virtio;

namespace Orrery.Lab.Running;

/// <summary>A node that takes turns at a calendar over a socket: its place there, and its network cards at sockets, too.</summary>
internal abstract class ParticipantNodeRun : RunningNode, IParticipantOwner, IDisposable
{
    /// <summary>Names of the sockets in the node's folder; those of its network cards are <c>net0</c>, <c>net1</c> …</summary>
    protected const string CalendarSocket = "clock";

    private readonly NodeDefinition _definition;
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
        Host = host;
        Notices = notices;
        for (int i = 0; i < ports.Count; i++)
        {
            AddDevice($"net{i}", new PortPlug(ports[i], definition.Interfaces[i].Mac).Device);
        }
    }

    /// <summary>How it introduces itself to the calendar: by its place in the lab file.</summary>
    protected ulong Id => (ulong)_definition.Index + 1;

    /// <summary>The timeline it lives on.</summary>
    protected GuestTimeline Host { get; }

    /// <summary>Its devices in the order in which it finds them.</summary>
    protected IReadOnlyList<(string Socket, IVirtioDevice Device)> Devices => _devices;

    /// <summary>Where faults go.</summary>
    protected RunNotices Notices { get; }

    /// <summary>It at its calendar; null before <see cref="TryServe"/>.</summary>
    protected Participant? Participant => _clock.Participant;

    /// <inheritdoc/>
    public virtual void OnAdmitted() => Began();

    /// <inheritdoc/>
    public void OnLeft(ParticipantFault? fault)
    {
        if (_isGone)
        {
            return;
        }

        _isGone = true;
        string? crash = fault is null ? DescribeCrash() : null;
        End();
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

    /// <summary>Ends it; a run that has ended wants nothing more of it. From any thread.</summary>
    public void Kill()
    {
        _isGone = true;
        End();
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        Kill();
        foreach (IDisposable served in _served)
        {
            served.Dispose();
        }
    }

    /// <summary>Announces the node to its calendar and makes every socket it will look for.</summary>
    /// <param name="pathOf">The path of a socket by its name.</param>
    /// <param name="error">What is wrong.</param>
    protected virtual bool TryServe(Func<string, string> pathOf, out string error)
    {
        _clock.Attach(Host.Expect(this, Id, Origin, _definition.Start, _definition.ScheduleMemory));
        int listening = Host.Calendar.Listen(pathOf(CalendarSocket));
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
                name, device, _clock, scheduler, Host.Reactor, fault => Notices.Fault(fault.ToString()));
            _served.Add(served);
            var listener = VhostUserListener.Open(pathOf(socket), Host.Reactor, served, out string? problem);
            if (listener is null)
            {
                error = problem!;
                return false;
            }

            _served.Add(listener);
        }

        error = "";
        return true;
    }

    /// <summary>Gives it a device, which it finds at a socket of that name. Before <see cref="TryServe"/>.</summary>
    protected void AddDevice(string socket, IVirtioDevice device) => _devices.Add((socket, device));

    /// <summary>Disposes of <paramref name="served"/> together with the node.</summary>
    protected void Own(IDisposable served) => _served.Add(served);

    /// <summary>It has closed its connection.</summary>
    /// <returns>What happened, after the node's name; null when it ended as it wanted to.</returns>
    protected abstract string? DescribeCrash();

    /// <summary>Ends whoever takes part as this node, if anybody does. From any thread.</summary>
    protected abstract void End();
}
