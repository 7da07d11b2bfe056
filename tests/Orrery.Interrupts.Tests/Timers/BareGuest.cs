using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Tests.Gic;
using Orrery.Interrupts.Timers;

namespace Orrery.Interrupts.Tests.Timers;

/// <summary>A guest on a machine of its own: its timers drive PPIs 27 and 30 of a GICv3.</summary>
internal sealed class BareGuest : TimedGuest
{
    private bool _inHandler;

    public BareGuest(ulong hertz = 62_500_000)
        : base(hertz)
    {
        Machine.Enable(TimerKind.Virtual.DefaultPpi());
        Machine.Enable(TimerKind.Physical.DefaultPpi());
    }

    public Machine Machine { get; } = Machine.V3();

    public override void Wait(ulong milliseconds) => Pass(milliseconds * 1_000_000);

    protected override void Settle()
    {
        foreach (TimerKind kind in (TimerKind[])[TimerKind.Virtual, TimerKind.Physical])
        {
            Machine.Line(kind.DefaultPpi(), Timers.Output(kind, PhysicalCount));
        }

        while (InterruptsOn && !_inHandler && Machine.Irq())
        {
            uint intid = Machine.Acknowledge();
            if (intid == Intid.Spurious)
            {
                return;
            }

            _inHandler = true;
            Handle();
            _inHandler = false;
            Machine.End(intid);
        }
    }
}
