using Orrery.Lab.Files;
using Orrery.Lab.Guests;
using Orrery.Lab.Guests.Image;
using Orrery.Network;
using Orrery.Posix;
using Orrery.Simulation;

namespace Orrery.Lab.Running;

/// <summary>A real Linux machine of a running lab: a User-Mode Linux kernel process.</summary>
internal sealed class LinuxNodeRun : ProcessNodeRun
{
    private readonly LinuxNode _definition;
    private LinuxGuest? _guest;
    private SerialConsole? _serial;

    /// <inheritdoc cref="ParticipantNodeRun(NodeDefinition, GuestTimeline, Origin, IReadOnlyList{Port}, RunNotices)"/>
    public LinuxNodeRun(
        LinuxNode definition, GuestTimeline host, Origin origin, IReadOnlyList<Port> ports, RunNotices notices)
        : base(definition, host, origin, ports, notices)
    {
        _definition = definition;
    }

    /// <summary>Makes everything the guest will connect to, and its folder.</summary>
    /// <param name="launcher">Starts it.</param>
    /// <param name="lab">The lab it is part of.</param>
    /// <param name="folder">Where its logs go.</param>
    /// <param name="kernel">What it boots.</param>
    /// <param name="error">What is wrong.</param>
    public bool TryPrepare(GuestLauncher launcher, LabDefinition lab, RunFolder folder, string kernel, out string error)
    {
        if (!_definition.Type.IsEmpty && !TryAddSerialConsole(launcher, folder, kernel, out error))
        {
            return false;
        }

        var options = new LinuxGuestOptions
        {
            Name = Name,
            Kernel = kernel,
            Setup = GuestSetup.Of(lab, _definition),
            MemoryBytes = _definition.MemoryBytes,
            Seed = _definition.Seed ?? lab.Seed,
            Clock = GuestClock.Calendar(Id, CalendarSocket),
            Devices = [.. Devices.Select(device => new GuestDevice(device.Socket, device.Device.DeviceId))],
            SerialLines = _serial is null ? [] : [_serial.GuestEnd],
            KernelArguments = _definition.KernelArguments,
            ConsoleLog = folder.Console(Name),
            ErrorLog = folder.File($"{Name}.stderr"),
        };
        _guest = launcher.Prepare(options, out error);
        if (_guest is null || !TryServe(_guest.SocketPath, out error))
        {
            return false;
        }

        _serial?.Begin(Participant!);
        return true;
    }

    /// <inheritdoc/>
    protected override int ProcessId => _guest is { Ended: null } ? _guest.ProcessId : 0;

    /// <inheritdoc/>
    protected override bool TryLaunch(out string error)
    {
        bool started = _guest!.TryStart(Processor, out error);
        _serial?.CloseGuestEnd();
        return started;
    }

    /// <inheritdoc/>
    protected override string? DescribeCrash()
    {
        // A guest that has switched itself off ends at once, with status 0: that was its own will.
        ExitStatus? status = _guest!.WaitForExit(ExitWaitMilliseconds);
        return status is { Signal: 0, Code: 0 }
            ? null
            : $"crashed ({status?.ToString() ?? "it closed its connection and went on"}): see {Name}.console in the run folder";
    }

    /// <inheritdoc/>
    protected override void End() => _guest?.Kill();

    private bool TryAddSerialConsole(GuestLauncher launcher, RunFolder folder, string kernel, out string error)
    {
        if (launcher.ReadKernel(kernel, out error) is not { } able)
        {
            error = $"node {Name}: {error}";
            return false;
        }

        if (!able.AcknowledgesSerialInput)
        {
            Notices.Notice(
                $"node {Name}: its kernel does not acknowledge what is typed, which arrives at no certain simulated time; "
                    + "one made by 'orrery kernel build' does");
        }

        _serial = new SerialConsole(_definition, able.AcknowledgesSerialInput, Host, folder.File($"{Name}.ttyS0"), Notices);
        Own(_serial);
        return true;
    }
}
