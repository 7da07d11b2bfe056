using Orrery.Machines.Interrupts;
using Orrery.Simulation;
using Orrery.TimeTravel;

namespace Orrery.Machines.Processes;

/// <summary>A machine's clock in the hands of a calendar at a socket: the machine is a participant like a Linux guest.</summary>
internal sealed class ParticipantCalendar(TimeTravelClient client, SteppedTimeline steps) : IMachineCalendar
{
    public void Propagate() => client.Update();

    // The order of timetravel-interrupts 2.1: time from the calendar, event, request; the caller answers the device after that.
    public void Interrupt(InterruptLine line)
    {
        if (client.Synchronize())
        {
            line.Arrive(client.Now);
            client.RequestAt(steps.Timeline.NextEventTime);
        }
    }

    /// <summary>Runs the machine's events in its turns.</summary>
    /// <param name="ended">Looked at after every instant.</param>
    /// <returns>False when the calendar failed.</returns>
    public bool Run(Func<bool> ended)
    {
        do
        {
            steps.RunThrough(client.Now);
            if (ended())
            {
                return true;
            }
        }
        while (client.AdvanceTo(steps.Timeline.NextEventTime));
        return false;
    }
}
