// What a lab of C# machines costs: CPU time per frame that reaches a machine, everything included but reading the lab file
// (building, booting, asking for addresses, the records' digest), and memory per machine (growth of the resident set).
// Usage: machines [pings each, default 200] [rows, default 40] [columns, default 25].
using System.Globalization;
using Orrery.Bench.Machines;

const double frameMicrosecondsGoal = 20;
const double machineKilobytesGoal = 200;

int[] numbers = [.. args.Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
int pings = numbers.ElementAtOrDefault(0) is > 0 and int given ? given : 200;
int rows = numbers.ElementAtOrDefault(1) is > 0 and int givenRows ? givenRows : 40;
int columns = numbers.ElementAtOrDefault(2) is > 0 and int givenColumns ? givenColumns : 25;
// What is compiled, and what the first lab of a process leaves behind, is not a machine's.
_ = MeshRun.Measure(MeshLab.Write(2, 2, 5000));
MeshRun run = MeshRun.Measure(MeshLab.Write(rows, columns, pings));
int machines = rows * columns;
double microseconds = run.Cpu.TotalMicroseconds / (2.0 * pings * machines);
double kilobytes = run.ResidentBytes / 1000.0 / machines;
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{machines} machines, {2 * machines} cards, {rows + columns} segments, {pings} pings each"));
Print("CPU per delivered frame, us", microseconds, frameMicrosecondsGoal);
Print("memory per machine, KB", kilobytes, machineKilobytesGoal);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"allocated per delivered frame, bytes",-38} {run.AllocatedBytes / (2.0 * pings * machines),8:F1}"));
return 0;

static void Print(string what, double value, double goal)
    => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-38} {value,8:F1}   {value / goal:F2} of the goal"));
