// How many register accesses per second the GIC models take on one core, and what they allocate. The rate is over CPU
// time, so that whatever else the machine does counts less; of ten slices, the middle one and the best.
// Usage: gic-registers [seconds per row, default 1 [part of a row's name]]
using System.Globalization;
using Orrery.Bench.GicRegisters;

const int Slices = 10;
double seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 1;
string part = args.Length > 1 ? args[1] : string.Empty;
Console.WriteLine($"{"accesses",-46} {"million/s",10} {"best",6} {"ns each",8} {"bytes",6}");
foreach (Workload workload in Workload.All().Where(workload => workload.Name.Contains(part, StringComparison.Ordinal)))
{
    // Compiled in tiers, in the background: the measured rounds are those of the last one.
    for (int tier = 0; tier < 4; tier++)
    {
        for (int i = 0; i < 100; i++)
        {
            workload.Round();
        }

        Thread.Sleep(150);
    }

    var rates = new double[Slices];
    long allocated = GC.GetAllocatedBytesForCurrentThread();
    for (int slice = 0; slice < Slices; slice++)
    {
        long accesses = 0;
        TimeSpan start = Environment.CpuUsage.TotalTime;
        TimeSpan used;
        do
        {
            accesses += workload.Round();
            used = Environment.CpuUsage.TotalTime - start;
        }
        while (used.TotalSeconds < seconds / Slices);

        rates[slice] = accesses / used.TotalSeconds / 1e6;
    }

    allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
    Array.Sort(rates);
    double median = rates[Slices / 2];
    Console.WriteLine($"{workload.Name,-46} {median,10:F1} {rates[^1],6:F1} {1e3 / median,8:F1} {allocated,6}");
}
