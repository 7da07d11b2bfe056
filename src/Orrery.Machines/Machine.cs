using Orrery.Machines.Interrupts;
using Orrery.Machines.Programs;
using Orrery.Machines.Serial;
using Orrery.Machines.Stack;
using Orrery.Simulation;

namespace Orrery.Machines;

/// <summary>
/// A machine written in C#: an interrupt path, devices with their drivers, a network stack, a program. Everything it does
/// happens in its events, in simulated time; nothing of it runs outside its turn.
/// </summary>
/// <remarks>
/// A machine knows one timeline. Inside Orrery's process that is the lab's; in a process of its own it is the machine's, and
/// a participant keeps it in step with a calendar.
/// </remarks>
public sealed partial class Machine : IStackHost, IStackUser
{
    private readonly Origin _origin;
    private readonly IMachineObserver _observer;
    private readonly StackTimer _stackTimer;
    private readonly ProgramTimer _programTimer;
    private readonly AlarmClock _alarmClock;
    private readonly BootEvent _bootEvent;
    private readonly List<NetworkCard> _cards = [];
    private readonly Queue<(MachineEvent Event, ulong Argument)> _deferred = new();
    private EventHandle _alarm;
    private MachineProgram? _program;

    /// <summary>A machine without devices or program.</summary>
    /// <param name="options">What it is.</param>
    /// <param name="timeline">Its time.</param>
    /// <param name="origin">Its place among those that run at the same instant.</param>
    /// <param name="observer">Told what it does.</param>
    /// <param name="calendar">Who holds its clock; null when its devices share its timeline.</param>
    public Machine(
        MachineOptions options, Timeline timeline, Origin origin, IMachineObserver observer, IMachineCalendar? calendar = null)
    {
        Options = options;
        Timeline = timeline;
        Calendar = calendar ?? new SharedTimeline(timeline);
        _origin = origin;
        _observer = observer;
        Interrupts = new InterruptPath(this, options.Chip, options.InterruptLatency);
        _stackTimer = new StackTimer(this);
        _programTimer = new ProgramTimer(this);
        _alarmClock = new AlarmClock(this);
        _bootEvent = new BootEvent(this);
        Serial = new SerialPort(this);
    }

    /// <summary>What it is.</summary>
    public MachineOptions Options { get; }

    /// <summary>Its name.</summary>
    public string Name => Options.Name;

    /// <summary>Its time.</summary>
    public Timeline Timeline { get; }

    /// <summary>Who holds its clock.</summary>
    public IMachineCalendar Calendar { get; }

    /// <summary>Its interrupts.</summary>
    public InterruptPath Interrupts { get; }

    /// <summary>Its serial line.</summary>
    public SerialPort Serial { get; }

    /// <summary>Its network cards, in order; the stack has an interface for each.</summary>
    public IReadOnlyList<NetworkCard> Cards => _cards;

    /// <summary>Its network stack; null until the machine has booted.</summary>
    public NetworkStack? Stack { get; private set; }

    /// <summary>Whether it runs.</summary>
    public MachinePower Power { get; private set; }

    /// <summary>An event of the machine is being handled.</summary>
    public bool IsInTurn { get; private set; }

    /// <summary>Its simulated time.</summary>
    public SimTime Now => Timeline.Now;

    ulong IStackHost.Now => Timeline.Now.Nanoseconds;

    /// <summary>Adds a network card. Before <see cref="Boot"/>.</summary>
    public void Add(NetworkCard card) => _cards.Add(card);

    /// <summary>Starts drivers and program, as an event at <paramref name="time"/>.</summary>
    public void Boot(SimTime time, MachineProgram? program)
    {
        _program = program;
        ScheduleAt(time, _bootEvent);
    }

    /// <summary>The address of a name or of an address in text form.</summary>
    public bool TryResolve(string name, out IpAddress address)
    {
        if (Options.FindHost(name) is { } found)
        {
            address = found;
            return true;
        }

        bool parsed = System.Net.IPAddress.TryParse(name, out System.Net.IPAddress? literal);
        address = parsed ? IpAddress.From(literal!) : default;
        return parsed;
    }

    /// <summary>Has the program's <see cref="MachineProgram.OnTimer"/> called after <paramref name="delay"/>.</summary>
    public EventHandle SetTimer(SimDuration delay, ulong argument = 0)
        => ScheduleAt(Timeline.Now + delay, _programTimer, argument);

    /// <summary>Takes a timer back.</summary>
    /// <returns>False when it has rung already.</returns>
    public bool CancelTimer(EventHandle timer) => Timeline.Cancel(timer);

    /// <summary>Writes to the machine's console.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => _observer.OnOutput(bytes);

    /// <summary>Writes a line to the machine's console.</summary>
    public void WriteLine(string line) => Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));

    /// <summary>The program has ended. The machine stays on the network, as a computer does.</summary>
    public void Exit(int code)
    {
        _program = null;
        _observer.OnExit(code);
    }

    /// <summary>A rule was broken: the machine stops, and says so once.</summary>
    public void Fail(MachineRule rule, string what)
    {
        if (Power != MachinePower.Off)
        {
            Power = MachinePower.Off;
            _observer.OnFault(new MachineFault(Name, rule, what));
        }
    }

    /// <summary>
    /// Suspends the machine to memory, in its turn: rings are disabled, its own events wait, interrupts are acknowledged and
    /// nothing else. A line that may wake it ends the sleep, and so does the alarm clock.
    /// </summary>
    /// <param name="alarm">When the real-time clock wakes it; null: never.</param>
    public void Sleep(SimDuration? alarm = null)
    {
        foreach (NetworkCard card in _cards)
        {
            card.Transport.Suspend();
        }

        Power = MachinePower.Asleep;
        Timeline.Cancel(_alarm); // the clock has one alarm: of two sleeps typed at once the last one counts
        if (alarm is { } delay)
        {
            _alarm = ScheduleAt(Timeline.Now + delay, _alarmClock);
        }
    }

    /// <summary>
    /// Ends the sleep. What was flagged runs first, in the order of the lines; then rings are enabled again, and then the
    /// machine's own events that came due meanwhile run in their order.
    /// </summary>
    internal void Wake()
    {
        Power = MachinePower.On;
        Timeline.Cancel(_alarm);
        foreach (InterruptLine line in Interrupts.Lines)
        {
            if (line.DeferredBySleep && Power == MachinePower.On)
            {
                line.DeferredBySleep = false;
                line.Raise();
            }
        }

        // A handler or a deferred event may put the machine to sleep again; the rest then goes on waiting.
        if (Power != MachinePower.On)
        {
            return;
        }

        foreach (NetworkCard card in _cards)
        {
            card.Transport.Resume();
        }

        while (Power == MachinePower.On && _deferred.TryDequeue(out (MachineEvent Event, ulong Argument) next))
        {
            next.Event.Run(next.Argument);
            TryEnterTurn();
        }
    }

    internal void Defer(MachineEvent @event, ulong argument) => _deferred.Enqueue((@event, argument));

    void IStackHost.Transmit(int networkInterface, ReadOnlySpan<byte> frame) => _cards[networkInterface].Send(frame);

    void IStackHost.SetStackTimer(ulong due) => ScheduleAt(SimTime.FromNanoseconds(due), _stackTimer);

    void IStackUser.OnEchoReply(IpAddress source, ushort identifier, ushort sequence, ReadOnlySpan<byte> payload)
        => _program?.OnEchoReply(source, identifier, sequence, payload);

    bool IStackUser.OnDatagram(IpAddress source, ushort sourcePort, ushort destinationPort, ReadOnlySpan<byte> payload)
        => _program?.OnDatagram(source, sourcePort, destinationPort, payload) == true;

    void IStackUser.OnUnreachable(IpAddress destination) => _program?.OnUnreachable(destination);

    // What is typed before there is a program to read it is lost.
    internal void OnSerialInput(ReadOnlySpan<byte> bytes)
    {
        if (IsBooted)
        {
            _program?.OnSerialInput(bytes);
        }
    }

    internal EventHandle ScheduleAt(SimTime time, MachineEvent handler, ulong argument = 0)
        => Timeline.Schedule(time, EventPriority.Participants, _origin, handler, argument);

    internal bool IsProgramForeign => _program?.IsForeign == true;

    internal bool TryEnterTurn()
    {
        IsInTurn = Power != MachinePower.Off;
        return IsInTurn;
    }

    internal void LeaveTurn() => IsInTurn = false;

    private void BootNow()
    {
        if (StartDevices())
        {
            _observer.OnBooted();
            _program?.Start(this);
        }
    }

    private bool StartDevices()
    {
        Stack = new NetworkStack(this, this, [.. _cards.Select((card, index) => card.ToInterface(index))]);
        foreach (NetworkCard card in _cards)
        {
            if (!card.TryStart(this))
            {
                // Unless the device has been named with the rule it broke already.
                Fail(MachineRule.DeviceKeepsRules, $"{card.Line.Name}: the device went away before it was started");
                return false;
            }
        }

        return true;
    }

    private sealed class BootEvent(Machine machine) : MachineEvent(machine)
    {
        internal override string Key => "boot";

        internal override int CountMax => 1;

        protected override void OnDue(ulong argument) => Machine.BootNow();
    }

    /// <summary>The real-time clock's alarm: a wake source.</summary>
    private sealed class AlarmClock(Machine machine) : MachineEvent(machine), IRestoredHandler
    {
        internal override string Key => "alarm";

        internal override int CountMax => 1;

        private protected override bool RunsAsleep => true;

        protected override void OnDue(ulong argument)
        {
            if (Machine.Power == MachinePower.Asleep)
            {
                Machine.Wake();
            }
        }

        void IRestoredHandler.OnRestored(EventHandle handle, ulong argument) => Machine._alarm = handle;
    }

    private sealed class StackTimer(Machine machine) : MachineEvent(machine)
    {
        internal override string Key => "stack";

        protected override void OnDue(ulong argument) => Machine.Stack!.OnTimer();
    }

    private sealed class ProgramTimer(Machine machine) : MachineEvent(machine)
    {
        internal override string Key => "program";

        protected override void OnDue(ulong argument) => Machine._program?.OnTimer(argument);
    }
}
