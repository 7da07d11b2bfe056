using Orrery.Lab.Files;
using Orrery.Lab.Guests;
using Orrery.Lab.Guests.Image;
using Orrery.Network;
using Orrery.Posix;
using Orrery.Simulation;
using Orrery.TimeTravel;
using Orrery.Virtio;

namespace Orrery.Lab.Running;

/// <summary>
/// A real Linux machine of a running lab: its kernel process, its place in the calendar, its network cards, and the two
/// consoles that carry what its commands write (<c>hvc0</c>) and what process 1 says about them (<c>hvc1</c>).
/// </summary>
internal sealed class LinuxNodeRun : RunningNode, IParticipantOwner, IEventHandler, IDisposable
{
    private const string CalendarSocket = "clock";
    private const int ExitWaitMilliseconds = 2000;

    private readonly LinuxNode _definition;
    private readonly GuestTimeline _host;
    private readonly RunNotices _notices;
    private readonly GuestControl _control;
    private readonly ParticipantClock _clock = new();
    private readonly List<IDisposable> _devices = [];
    private LinuxGuest? _guest;
    private bool _isGone;

    /// <param name="definition">The node in the lab file.</param>
    /// <param name="host">The timeline it lives on, with its calendar.</param>
    /// <param name="origin">The source of its records and events.</param>
    /// <param name="notices">Where faults go.</param>
    public LinuxNodeRun(LinuxNode definition, GuestTimeline host, Origin origin, RunNotices notices)
        : base(definition, host.Timeline, origin)
    {
        _definition = definition;
        _host = host;
        _notices = notices;
        _control = new GuestControl(OnControl);
    }

    /// <summary>The kernel's process, for the processor it is to stay on.</summary>
    public int ProcessId => _guest?.ProcessId ?? 0;

    /// <summary>Makes everything the guest will connect to, and its folder. It starts with <see cref="TryStartNow"/>.</summary>
    /// <param name="launcher">Starts it.</param>
    /// <param name="lab">The lab it is part of.</param>
    /// <param name="folder">Where its logs go.</param>
    /// <param name="kernel">What it boots.</param>
    /// <param name="ports">Its interfaces' ports, in order.</param>
    /// <param name="error">What is wrong.</param>
    public bool TryPrepare(
        GuestLauncher launcher, LabDefinition lab, RunFolder folder, string kernel, IReadOnlyList<Port> ports, out string error)
    {
        var devices = new List<(string Socket, IVirtioDevice Device)>();
        for (int i = 0; i < ports.Count; i++)
        {
            devices.Add(($"net{i}", new PortPlug(ports[i], _definition.Interfaces[i].Mac).Device));
        }

        devices.Add(("out", new VirtioConsoleDevice(new RecordedConsole(this))));
        devices.Add(("control", new VirtioConsoleDevice(_control)));
        var options = new LinuxGuestOptions
        {
            Name = Name,
            Kernel = kernel,
            Setup = GuestSetup.Of(lab, _definition),
            MemoryBytes = _definition.MemoryBytes,
            Seed = lab.Seed,
            Clock = GuestClock.Calendar((ulong)_definition.Index + 1, CalendarSocket),
            Devices = [.. devices.Select(device => new GuestDevice(device.Socket, device.Device.DeviceId))],
            KernelArguments = _definition.KernelArguments,
            ConsoleLog = folder.Console(Name),
            ErrorLog = folder.File($"{Name}.stderr"),
        };
        _guest = launcher.Prepare(options, out error);
        if (_guest is null)
        {
            return false;
        }

        SimTime start = _definition.Start;
        _clock.Attach(_host.Expect(this, (ulong)_definition.Index + 1, Origin, start, _definition.ScheduleMemory));
        if (!Listening(_host.Calendar.Listen(_guest.SocketPath(CalendarSocket)), CalendarSocket, out error))
        {
            return false;
        }

        foreach ((string socket, IVirtioDevice device) in devices)
        {
            string name = $"{Name}.{socket}";
            var scheduler = new DeviceScheduler(Timeline, Timeline.Simulator.AddOrigin(name));
            var served = new VhostUserDevice(
                name, device, _clock, scheduler, _host.Reactor, fault => _notices.Fault(fault.ToString()));
            _devices.Add(served);
            var listener = VhostUserListener.Open(_guest.SocketPath(socket), _host.Reactor, served, out string? problem);
            if (listener is null)
            {
                error = problem!;
                return false;
            }

            _devices.Add(listener);
        }

        if (_definition.Start > SimTime.Zero)
        {
            // Before the calendar waits for it at the same instant.
            Timeline.Schedule(start, EventPriority.Devices, Origin, this);
        }

        return true;
    }

    /// <summary>Starts a guest that belongs to the lab from its beginning; one that joins late starts by itself.</summary>
    public bool TryStartNow(out string error)
    {
        error = "";
        return _definition.Start > SimTime.Zero || _guest!.TryStart(out error);
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
        if (fault is not null)
        {
            _guest!.Kill();
            Failed();
            return;
        }

        // A guest that has switched itself off ends at once, with status 0: that was its own will.
        ExitStatus? status = _guest!.WaitForExit(ExitWaitMilliseconds);
        if (status is { Signal: 0, Code: 0 })
        {
            if (!HasEnded)
            {
                Exited(0);
            }

            return;
        }

        _guest.Kill();
        if (!HasEnded)
        {
            _notices.Fault(
                $"node {Name} crashed ({status?.ToString() ?? "it closed its connection and went on"}): see its .console file");
        }

        Failed();
    }

    /// <summary>Kills the guest; a run that has ended wants nothing more of it.</summary>
    public void Kill()
    {
        _isGone = true;
        _guest?.Kill();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        foreach (IDisposable device in _devices)
        {
            device.Dispose();
        }
    }

    void IEventHandler.Handle(Timeline timeline, ulong argument)
    {
        if (!_guest!.TryStart(out string error))
        {
            // The calendar will wait for it in vain and say so; this says why.
            _notices.Fault(error);
        }
    }

    private void OnControl(GuestMessage message)
    {
        switch (message.Kind)
        {
            case GuestMessageKind.Ready:
                Ready();
                break;
            case GuestMessageKind.Done when Runs && !HasEnded:
                Exited(message.Status);
                break;
            case GuestMessageKind.Failed:
                _notices.Fault($"node {Name}: {message.Text}");
                Failed();
                break;
        }
    }

    private static bool Listening(int result, string socket, out string error)
    {
        error = result < 0 ? $"socket {socket}: {Errno.Describe(result)}" : "";
        return result >= 0;
    }

    /// <summary>What the node's commands write, as records.</summary>
    private sealed class RecordedConsole(LinuxNodeRun node) : IConsoleBackend
    {
        public void Write(ReadOnlySpan<byte> bytes) => node.Timeline.Record(node.Origin, RecordKind.Console, bytes);
    }
}
