// Timelines in parallel: a torus of 256 processes on 1 and on 2 workers.
using System.Diagnostics;
using System.Globalization;
using Orrery.Bench.Timelines;
using Orrery.Simulation;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int Rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5;
const double WorkMicroseconds = 10;
int spins = SpinsFor(WorkMicroseconds);
Console.WriteLine($"torus of 256 timelines, 1 ms links, {WorkMicroseconds} us of work per token; best of {Rounds} rounds, taken in turns");
Measurement[] best = [default, default, default];
for (int round = 0; round < Rounds; round++)
{
    Take(ref best[0], workers: 1, spins);
    Take(ref best[1], workers: 2, spins);
    Take(ref best[2], workers: 2, spins: 0);
}

(Measurement one, Measurement two, Measurement idle) = (best[0], best[1], best[2]);
Console.WriteLine($"1 worker    {one.WallSeconds:F3} s   {one.Events} events, {one.Windows} windows");
Console.WriteLine($"2 workers   {two.WallSeconds:F3} s   {two.Events} events, {two.Windows} windows");
Console.WriteLine($"speed-up    {one.WallSeconds / two.WallSeconds:F2}   (asked for: 1.9)");
Console.WriteLine($"overhead    {(two.CpuSeconds - (one.Events / 2 * WorkMicroseconds * 1e-6)) / two.Windows * 1e6:F2} us of processor time per window beside the work");
Console.WriteLine($"            {idle.CpuSeconds / idle.Windows * 1e6:F2} us with no work at all, events included   (asked for: 3)");
Console.WriteLine($"worst link  {two.Worst}: workers stood idle for {two.Worst.HeldBack.TotalMilliseconds:F1} ms because of it");

static void Take(ref Measurement best, int workers, int spins)
{
    var torus = new Torus(workers, spins);
    torus.Run(SimDuration.FromMilliseconds(100)); // the code takes its final form, memory is allocated
    Measurement measurement = torus.Run(SimDuration.FromMilliseconds(1000));
    if (best.WallSeconds == 0 || measurement.WallSeconds < best.WallSeconds)
    {
        best = measurement;
    }
}

// How many spins take that long on this machine when nothing disturbs it.
static int SpinsFor(double microseconds)
{
    const int Trial = 1_000_000;
    double fastest = double.MaxValue;
    for (int i = 0; i < 20; i++)
    {
        long begin = Stopwatch.GetTimestamp();
        GC.KeepAlive(Torus.Work(Trial));
        fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
    }

    return (int)(Trial * microseconds / fastest);
}
