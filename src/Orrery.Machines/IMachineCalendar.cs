using Orrery.Machines.Interrupts;
using Orrery.Simulation;

namespace Orrery.Machines;

/// <summary>Who holds a machine's clock, as its devices need it.</summary>
public interface IMachineCalendar
{
    /// <summary>Before an effect on somebody else: the machine's time becomes known.</summary>
    void Propagate();

    /// <summary>A device interrupts: its line goes on the machine's calendar, now. Then the device may be answered.</summary>
    void Interrupt(InterruptLine line);
}

/// <summary>The machine lives on the timeline of its devices: there is only one time.</summary>
internal sealed class SharedTimeline(Timeline timeline) : IMachineCalendar
{
    public void Propagate()
    {
    }

    public void Interrupt(InterruptLine line) => line.Arrive(timeline.Now);
}
