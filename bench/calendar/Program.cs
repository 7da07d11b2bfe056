// What one turn costs the calendar, and everybody together, with 1 to 200 participants on one core.
//
//     dotnet run -c Release --project bench/calendar [-- PATH]
//
// PATH: usfstl's controller (https://github.com/linux-test-project/usfstl), to compare with.
using Orrery.Bench.Calendar;
using Orrery.TimeTravel;

const int Repetitions = 3; // the least of them counts: whatever else the machine does only adds

using var programs = NativePrograms.Build();
const string Bare = "bare exchange";
(string Label, Func<int, Cost> Measure, int CountMax)[] subjects =
[
    (Bare, programs.MeasureExchange, int.MaxValue),
    ("messages", n => CalendarRun.Measure(programs, n, MemoryMode.Off), int.MaxValue),
    ("messages, usfstl", n => UsfstlRun.Measure(args[0], programs, n, usesMemory: false), UsfstlRun.ParticipantsMax),
    ("own memory", n => CalendarRun.Measure(programs, n, MemoryMode.Private), int.MaxValue),
    ("shared memory", n => CalendarRun.Measure(programs, n, MemoryMode.Shared), int.MaxValue),
    ("shared memory, usfstl", n => UsfstlRun.Measure(args[0], programs, n, usesMemory: true), UsfstlRun.ParticipantsMax),
];

Console.WriteLine("CPU per turn in us, everything on one core; a bare exchange is one message each way and nothing else");
Console.WriteLine($"{"",-22} {"participants",12} {"calendar",9} {"all",9} {"to 1",6} {"to bare",8}");
int[] counts = [1, 20, 60, 200];
var costs = new Dictionary<(string Label, int Count), double>();
foreach ((string label, Func<int, Cost> measure, int countMax) in subjects)
{
    if (label.EndsWith("usfstl", StringComparison.Ordinal) && args.Length == 0)
    {
        continue;
    }

    foreach (int count in counts.Where(n => n <= countMax))
    {
        Cost cost = Enumerable.Range(0, Repetitions).Select(_ => measure(count)).MinBy(c => c.Calendar);
        costs[(label, count)] = cost.Calendar;
        Console.WriteLine(
            $"{label,-22} {count,12} {cost.Calendar,9:0.0} {cost.Calendar + cost.Participants,9:0.0}"
            + $" {cost.Calendar / costs[(label, 1)],6:0.00} {cost.Calendar / costs[(Bare, count)],8:0.00}");
    }
}
