using Orrery.Simulation;
using Orrery.TimeTravel;

namespace Examples;

/// <summary>An outside simulator: ten beats, 10 ms of simulated time apart, each told to everybody else.</summary>
public static class Metronome
{
    public static int Run(string calendar, TextWriter output)
    {
        using TimeTravelClient? client = TimeTravelClient.Connect(calendar, new ClientOptions { Id = 7 }, out CalendarFault? fault);
        if (client is null)
        {
            output.WriteLine(fault); // one line: what the calendar did wrong
            return 1;
        }

        SimDuration beat = SimDuration.FromMilliseconds(10);
        for (ulong i = 1; i <= 10; i++)
        {
            // Gives the turn back and waits for the next, unless nobody else has anything to do before then.
            if (!client.AdvanceTo(SimTime.Zero + (beat * i)))
            {
                output.WriteLine(client.Fault);
                return 1;
            }

            output.WriteLine($"beat {i} at {client.Now}");
            client.Update(); // before whatever others can see
            client.Broadcast(i);
        }

        return 0;
    }
}
