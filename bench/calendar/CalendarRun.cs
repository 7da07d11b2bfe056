using Orrery.Posix;
using Orrery.Simulation;
using Process = System.Diagnostics.Process;
using Orrery.TimeTravel;

namespace Orrery.Bench.Calendar;

/// <summary>Orrery's calendar, in this process.</summary>
internal sealed class CalendarRun : ICalendarObserver
{
    public static Cost Measure(NativePrograms programs, int count, MemoryMode memory)
    {
        Affinity.PinCurrentThread(NativePrograms.Cpu);
        var simulator = new Simulator();
        using var reactor = new Reactor();
        var options = new CalendarOptions
        {
            AdmitsUnknown = true,
            Memory = memory,
        };
        using var calendar = new TimeTravel.Calendar(simulator.AddTimeline("bench"), reactor, options, new CalendarRun());
        if (calendar.Listen(programs.SocketPath) < 0)
        {
            throw new InvalidOperationException("cannot listen");
        }

        using Process participants = programs.StartParticipants(count, memory != MemoryMode.Off);
        while (calendar.StartingCount < count)
        {
            reactor.RunOnce(-1);
        }

        calendar.AdmitStarting();

        // Participants ask for one nanosecond after the other in turn: time counts turns. Admissions and farewells are left out.
        var begin = SimTime.FromNanoseconds((ulong)count * 2);
        var end = SimTime.FromNanoseconds(NativePrograms.Turns - (ulong)count);
        simulator.Run(begin);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        RunResult result = simulator.Run(end);
        double microseconds = (Environment.CpuUsage.TotalTime - before).TotalMicroseconds;
        simulator.Run(SimTime.Never);
        if (result.Outcome != RunOutcome.TimeReached)
        {
            throw new InvalidOperationException($"{result}");
        }

        return new Cost(microseconds / (end - begin).Nanoseconds, NativePrograms.FinishParticipants(participants));
    }

    public void OnAdmitted(Participant participant)
    {
    }

    public void OnLeft(Participant participant, ParticipantFault? fault)
    {
        if (fault is not null)
        {
            throw new InvalidOperationException(fault.ToString());
        }
    }

    public bool OnOverdue(Participant participant, ParticipantFault fault) => true;

    public void OnBroadcast(Participant participant, ulong payload)
    {
    }

    public void OnNotice(string line) => Console.Error.WriteLine(line);
}
