using System.Globalization;
using System.Net;
using System.Text;
using Orrery.Machines.Interrupts;
using Orrery.Machines.Programs;
using Orrery.Machines.Stack;
using Orrery.Network;
using Orrery.Posix;
using Orrery.Simulation;
using Orrery.TimeTravel;
using Orrery.Virtio;

namespace Orrery.Machines.Processes;

/// <summary>
/// The process of one machine: it joins a calendar and its devices over sockets, as a Linux guest does, and runs the same
/// machine that otherwise lives inside Orrery's process. It says what becomes of it in the words of a Linux node's process 1.
/// </summary>
public sealed class MachineProcess : IMachineObserver, IDisposable
{
    /// <summary>The calendar, a device or the specification is of no use.</summary>
    public const int Unusable = 4;

    private readonly MachineSpecification _specification;
    private readonly Reactor _reactor = new();
    private readonly SteppedTimeline _steps;
    private MachineConsole? _output;
    private MachineConsole? _control;
    private Machine? _machine;
    private string? _problem;
    private bool _hasEnded;

    private MachineProcess(MachineSpecification specification)
    {
        _specification = specification;
        _steps = new SteppedTimeline(specification.Name);
    }

    /// <summary>Runs a machine until its calendar ends it.</summary>
    /// <param name="specification">The machine.</param>
    /// <param name="problem">What ended it otherwise, for a person.</param>
    /// <returns>The exit status of the process.</returns>
    public static int Run(MachineSpecification specification, out string problem)
    {
        using var process = new MachineProcess(specification);
        int status = process.Run();
        problem = process._problem ?? "";
        return status;
    }

    /// <inheritdoc/>
    public void Dispose() => _reactor.Dispose();

    /// <inheritdoc/>
    public void OnBooted()
    {
        if (_control!.TryStart(_machine!) && _output!.TryStart(_machine!))
        {
            Say("ready");
        }
    }

    /// <inheritdoc/>
    public void OnOutput(ReadOnlySpan<byte> bytes) => _output!.Write(bytes);

    /// <inheritdoc/>
    public void OnExit(int code) => Say($"done {code}");

    /// <inheritdoc/>
    public void OnFault(MachineFault fault)
    {
        _problem = fault.ToString();
        Say($"failed {fault.What}");
    }

    private int Run()
    {
        MachineProgram? program = null;
        if (_specification.Program.Count > 0 || _specification.Assembly is not null)
        {
            program = ProgramCatalogue.Create(_specification.Program, _specification.Assembly, out string error);
            if (program is null)
            {
                _problem = $"machine {_specification.Name}: {error}";
                return Unusable;
            }
        }

        var options = new ClientOptions { Id = _specification.Id, UseMemory = _specification.ScheduleMemory, Reactor = _reactor };
        using TimeTravelClient? client = TimeTravelClient.Connect(_specification.Calendar, options, out CalendarFault? fault);
        if (client is null)
        {
            _problem = $"machine {_specification.Name}: {fault}";
            return Unusable;
        }

        var calendar = new ParticipantCalendar(client, _steps);
        Origin origin = _steps.AddOrigin(_specification.Name);
        var machine = new Machine(OptionsOf(_specification), _steps.Timeline, origin, this, calendar);
        _machine = machine;
        if (!TryConnect(machine))
        {
            return Unusable;
        }

        machine.Boot(SimTime.Zero, program);
        foreach (TypedText typed in _specification.Typed)
        {
            ScheduleInput(origin, typed);
        }

        if (_specification.EndNs is { } end)
        {
            // Before everything else at that instant: the lab ends there.
            _steps.Timeline.Schedule(SimTime.FromNanoseconds(end), EventPriority.Frames, origin, new Call(() => _hasEnded = true));
        }

        if (!calendar.Run(() => _problem is not null || _hasEnded))
        {
            // A calendar that closes the connection ends its lab, and this process with it.
            return client.Fault!.Rule == CalendarRule.KeepsConnection ? 0 : Fail($"machine {_specification.Name}: {client.Fault}");
        }

        SayTime();
        return _problem is null ? 0 : Unusable;
    }

    private void ScheduleInput(Origin origin, TypedText typed)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(typed.Text);
        _steps.Timeline.Schedule(
            SimTime.FromNanoseconds(typed.AtNs), EventPriority.Devices, origin,
            new Call(() => _machine!.Serial.Receive(bytes, _steps.Timeline.Now)));
    }

    private int Fail(string problem)
    {
        _problem = problem;
        return Unusable;
    }

    private bool TryConnect(Machine machine)
    {
        _output = ConsoleOf("console", _specification.Output, Console.OpenStandardOutput);
        _control = ConsoleOf("control", _specification.Control, Console.OpenStandardError);
        foreach (CardSpecification card in _specification.Cards)
        {
            if (!MacAddress.TryParse(card.Mac, out MacAddress mac))
            {
                _problem = $"{card.Mac} is no Ethernet address";
                return false;
            }

            Func<IDriverHost, DriverTransport>? connect = ConnectorOf($"eth{machine.Cards.Count}", card.Socket);
            if (connect is null)
            {
                return false;
            }

            machine.Add(new NetworkCard(connect, mac, [.. card.Addresses.Select(ParseAddress)]));
        }

        return _problem is null;
    }

    private MachineConsole? ConsoleOf(string name, string? socket, Func<Stream> open)
    {
        if (socket is null)
        {
            return MachineConsole.OnStream(name, open());
        }

        return ConnectorOf(name, socket) is { } connect ? MachineConsole.OnDevice(name, connect) : null;
    }

    // The socket is reached now, while the machine holds its first turn; the driver starts when the machine boots.
    private Func<IDriverHost, DriverTransport>? ConnectorOf(string name, string path)
    {
        FileDescriptor? socket = UnixSocket.Connect(path, out int error);
        if (socket is null)
        {
            _problem = $"machine {_specification.Name}: {name} at {path}: {Errno.Describe(error)}";
            return null;
        }

        return host => new VhostUserDriver($"{_specification.Name}.{name}", socket, host, _reactor);
    }

    private void Say(string what)
    {
        SayTime();
        _control?.Write(Encoding.UTF8.GetBytes($"orrery: {what}\n"));
    }

    // A lab's console has the time of what is written; a stream has not.
    private void SayTime()
    {
        if (_specification.Control is null)
        {
            _control?.Write(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"orrery: at {_steps.Timeline.Now.Nanoseconds}\n")));
        }
    }

    private static MachineOptions OptionsOf(MachineSpecification specification) => new()
    {
        Name = specification.Name,
        FindHost = name => specification.Hosts.TryGetValue(name, out string? address) ? IpAddress.From(IPAddress.Parse(address)) : null,
        Chip = specification.GicV2 ? MachineChip.GicV2 : MachineChip.GicV3,
        InterruptLatency = SimDuration.FromNanoseconds(specification.InterruptLatencyNs),
    };

    private static StackAddress ParseAddress(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return new StackAddress(
            IpAddress.From(IPAddress.Parse(text.AsSpan(0, slash))),
            int.Parse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }

    private sealed class Call(Action action) : IEventHandler
    {
        public void Handle(Timeline timeline, ulong argument) => action();
    }
}
