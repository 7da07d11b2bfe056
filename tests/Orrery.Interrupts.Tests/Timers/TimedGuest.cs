using Orrery.Interrupts.Timers;
using Xunit;

namespace Orrery.Interrupts.Tests.Timers;

/// <summary>
/// A guest with a timer, in its own words: it writes timer registers, unmasks interrupts, waits; interrupts are counted
/// and handled as it says. Time passes only when it waits.
/// </summary>
internal abstract class TimedGuest
{
    /// <summary>No scenario has more interrupts than this, unless they come without end.</summary>
    private const int StormLimit = 1000;

    protected TimedGuest(ulong hertz = 62_500_000)
    {
        Rate = new CounterRate(hertz);
        Timers = new VcpuTimers(new VmCounter(), Rate);
    }

    public CounterRate Rate { get; }

    public VcpuTimers Timers { get; protected init; }

    /// <summary>Nanoseconds.</summary>
    public ulong Now { get; protected set; } = 1_000_000_000;

    public ulong PhysicalCount => Rate.CountAt(Now);

    public ulong VirtualCount => Timers.Counter.VirtualCount(PhysicalCount);

    /// <summary>How many timer interrupts were taken.</summary>
    public int Taken { get; private set; }

    /// <summary>What the handler does; by default it masks and disables the timer.</summary>
    public Action<TimedGuest> Handler { get; set; } = guest => guest.Write(TimerRegister.VirtualControl, (ulong)TimerControl.Mask);

    /// <summary>PSTATE.I is clear.</summary>
    public bool InterruptsOn { get; private set; } = true;

    public ulong Ticks(ulong milliseconds) => Rate.Hertz / 1000 * milliseconds;

    public ulong Read(TimerRegister register) => Timers.ReadRegister(register, PhysicalCount).Value;

    public void Write(TimerRegister register, ulong value)
    {
        Assert.True(Timers.WriteRegister(register, value, PhysicalCount).IsOk);
        Settle();
    }

    /// <summary>ENABLE set, IMASK clear.</summary>
    public void Arm() => Write(TimerRegister.VirtualControl, (ulong)TimerControl.Enable);

    public void SetInterrupts(bool on)
    {
        InterruptsOn = on;
        Settle();
    }

    /// <summary>User space moves the virtual counter of the VM; it takes a microsecond.</summary>
    public virtual void SetCounter(ulong value)
    {
        Timers.Counter.SetVirtualCount(PhysicalCount, value);
        Pass(1_000);
    }

    /// <summary>Waits in the guest's own way.</summary>
    public abstract void Wait(ulong milliseconds);

    /// <summary>Lets time pass; the output of the timer is brought up to date at each of its changes.</summary>
    protected void Pass(ulong nanoseconds)
    {
        ulong end = Now + nanoseconds;
        while (true)
        {
            Settle();
            ulong? next = NextChange(TimerKind.Virtual) is { } v && NextChange(TimerKind.Physical) is { } p
                ? Math.Min(v, p)
                : NextChange(TimerKind.Virtual) ?? NextChange(TimerKind.Physical);
            if (next is null || next > end)
            {
                Now = end;
                Settle();
                return;
            }

            Now = next.Value;
        }
    }

    /// <summary>The next instant at which the output of a timer changes; null if never.</summary>
    protected ulong? NextChange(TimerKind kind) =>
        Timers.CountsToChange(kind, PhysicalCount) is { } counts && UInt128.CreateChecked(PhysicalCount) + counts <= ulong.MaxValue
            ? Rate.InstantOf(PhysicalCount + counts)
            : null;

    /// <summary>Brings lines up to date and takes what may be taken.</summary>
    protected abstract void Settle();

    /// <summary>Runs the handler for a timer interrupt that was acknowledged.</summary>
    protected void Handle()
    {
        Taken++;
        Assert.True(Taken < StormLimit, "interrupt storm");
        InterruptsOn = false;
        Handler(this);
        InterruptsOn = true;
    }
}
