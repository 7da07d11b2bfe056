// What one turn costs the calendar, and everybody together, with 1 to 200 participants on one core.
//
//     dotnet run -c Release --project bench/calendar [-- PATH]
//
// PATH: usfstl's controller (https://github.com/linux-test-project/usfstl), to compare with.
using Orrery.Bench.Calendar;
using Orrery.TimeTravel;

const int Repetitions = 5; // the least of them counts: whatever else the machine does only adds

using var participants = ParticipantsProgram.Build();
(string Label, Func<int, Cost> Measure, int CountMax)[] subjects =
[
    ("messages", n => CalendarRun.Measure(participants, n, MemoryMode.Off), int.MaxValue),
    ("messages, usfstl", n => UsfstlRun.Measure(args[0], participants, n, usesMemory: false), UsfstlRun.ParticipantsMax),
    ("own memory", n => CalendarRun.Measure(participants, n, MemoryMode.Private), int.MaxValue),
    ("shared memory", n => CalendarRun.Measure(participants, n, MemoryMode.Shared), int.MaxValue),
    ("shared memory, usfstl", n => UsfstlRun.Measure(args[0], participants, n, usesMemory: true), UsfstlRun.ParticipantsMax),
];

Console.WriteLine("CPU per turn in us, everything on one core");
Console.WriteLine($"{"",-22} {"participants",12} {"calendar",9} {"all",9} {"to 1",6}");
foreach ((string label, Func<int, Cost> measure, int countMax) in subjects)
{
    if (label.EndsWith("usfstl", StringComparison.Ordinal) && args.Length == 0)
    {
        continue;
    }

    double one = 0;
    foreach (int count in new[] { 1, 20, 60, 200 })
    {
        if (count <= countMax)
        {
            Cost cost = Enumerable.Range(0, Repetitions).Select(_ => measure(count)).MinBy(c => c.Calendar);
            one = count == 1 ? cost.Calendar : one;
            Console.WriteLine($"{label,-22} {count,12} {cost.Calendar,9:0.0} {cost.Calendar + cost.Participants,9:0.0} {cost.Calendar / one,6:0.00}");
        }
    }
}
