using Orrery.Simulation;

namespace Orrery.Machines.Interrupts;

/// <summary>
/// An interrupt of a machine: the line of a device into the chip. It reaches its handler in two steps. Outside simulated
/// time <see cref="Arrive"/> puts it on the machine's calendar and returns, so that the device can be answered. When that
/// event is due, in the machine's turn, the chip gets the edge, and the handler runs when the chip and the gates let it.
/// </summary>
public sealed class InterruptLine : MachineEvent, IRestoredHandler
{
    private readonly InterruptPath _path;
    private readonly Action _handler;
    private EventHandle _event;

    internal InterruptLine(InterruptPath path, uint intid, string name, bool wakes, Action handler)
        : base(path.Machine)
    {
        _path = path;
        Intid = intid;
        Name = name;
        Wakes = wakes;
        _handler = handler;
    }

    /// <summary>Its number at the chip.</summary>
    public uint Intid { get; }

    /// <summary>The device, for messages.</summary>
    public string Name { get; }

    /// <summary>It wakes the machine from sleep.</summary>
    public bool Wakes { get; set; }

    /// <summary>It is on the calendar, or flagged for after the sleep: another arrival changes nothing ("first wins").</summary>
    public bool IsPending => DeferredBySleep || Machine.Timeline.IsPending(_event);

    /// <summary>When it became pending at the chip, the last time: edges that come while it is change nothing.</summary>
    public SimTime RaisedAt { get; private set; }

    /// <summary>How often the handler ran.</summary>
    public ulong HandledCount { get; private set; }

    internal override string Key => $"line {Name}";

    internal override int CountMax => 1;

    internal bool DeferredBySleep { get; set; }

    private protected override bool RunsAsleep => true;

    /// <summary>
    /// The device interrupts, at <paramref name="time"/>. Called outside simulated time: whatever the machine does, nothing
    /// of it runs here. When this returns the device may be answered.
    /// </summary>
    public void Arrive(SimTime time)
    {
        if (IsPending)
        {
            return;
        }

        if (Machine.Power == MachinePower.Asleep && !Wakes)
        {
            DeferredBySleep = true;
            return;
        }

        _event = Machine.ScheduleAt(time, this);
    }

    void IRestoredHandler.OnRestored(EventHandle handle, ulong argument) => _event = handle;

    internal LineState Save() => new(Name, DeferredBySleep, RaisedAt.Nanoseconds, HandledCount);

    internal void Restore(LineState state)
    {
        DeferredBySleep = state.DeferredBySleep;
        RaisedAt = SimTime.FromNanoseconds(state.RaisedNanoseconds);
        HandledCount = state.HandledCount;
    }

    internal void Raise()
    {
        if (!_path.IsPending(this))
        {
            RaisedAt = Machine.Timeline.Now;
        }

        _path.Raise(this);
    }

    internal void Handle()
    {
        HandledCount++;
        _handler();
    }

    /// <inheritdoc/>
    protected override void OnDue(ulong argument)
    {
        if (Machine.Power == MachinePower.Asleep)
        {
            // Whatever was on the calendar ends the sleep when it is due; the handler waits for the resume.
            DeferredBySleep = true;
            Machine.Wake();
        }
        else
        {
            Raise();
        }
    }
}
