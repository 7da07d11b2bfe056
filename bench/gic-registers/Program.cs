// How many register accesses per second the GIC models take on one core, and what they allocate. The rate is over CPU
// time, so that whatever else the machine does counts less.
// Usage: gic-registers [seconds per row, default 1]
using System.Diagnostics;
using System.Globalization;
using Orrery.Bench.GicRegisters;

double seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 1;
Console.WriteLine($"{"accesses",-46} {"million/s",10} {"ns each",8} {"bytes",6}");
foreach (Workload workload in Workload.All())
{
    // Compiled in tiers: the measured rounds are those of the last one.
    for (int i = 0; i < 200; i++)
    {
        workload.Round();
    }

    Thread.Sleep(200);
    workload.Round();
    long allocated = GC.GetAllocatedBytesForCurrentThread();
    long accesses = 0;
    long until = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
    TimeSpan start = Environment.CpuUsage.TotalTime;
    while (Stopwatch.GetTimestamp() < until)
    {
        accesses += workload.Round();
    }

    double elapsed = (Environment.CpuUsage.TotalTime - start).TotalSeconds;
    allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
    Console.WriteLine($"{workload.Name,-46} {accesses / elapsed / 1e6,10:F1} {elapsed * 1e9 / accesses,8:F1} {allocated,6}");
}
