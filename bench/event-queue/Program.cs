using System.Diagnostics;
using System.Globalization;
using Orrery.Bench.EventQueue;

if (args.Length != 2
    || !ulong.TryParse(args[0], CultureInfo.InvariantCulture, out ulong pending)
    || !ulong.TryParse(args[1], CultureInfo.InvariantCulture, out ulong events))
{
    Console.Error.WriteLine("usage: hold-orrery PENDING EVENTS");
    return 2;
}

var hold = new HoldModel(pending);

// Warm-up: the queue reaches its steady shape, and the code its final form, which the runtime compiles in the background.
hold.Run(pending);
long begin = Stopwatch.GetTimestamp();
do
{
    hold.Run(events / 4);
}
while (Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(1));

long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
TimeSpan before = Environment.CpuUsage.TotalTime;
ulong run = hold.Run(events);
double nanoseconds = (Environment.CpuUsage.TotalTime - before).TotalNanoseconds / run;
double allocated = (double)(GC.GetAllocatedBytesForCurrentThread() - allocatedBefore) / run;
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:F2} {allocated:F4}"));
return 0;
