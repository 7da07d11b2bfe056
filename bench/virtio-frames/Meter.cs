using System.Diagnostics;

namespace Orrery.Bench.VirtioFrames;

/// <summary>Measures in CPU time, so that whatever else the machine does counts less.</summary>
internal static class Meter
{
    private const int RoundsPerLook = 1000;

    /// <returns>Microseconds of CPU per round.</returns>
    public static double Measure(double seconds, Action round)
    {
        // Compiled in tiers: the measured rounds are those of the last one.
        for (int i = 0; i < 20 * RoundsPerLook; i++)
        {
            round();
        }

        Thread.Sleep(200);
        long rounds = 0;
        long until = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        TimeSpan start = Environment.CpuUsage.TotalTime;
        while (Stopwatch.GetTimestamp() < until)
        {
            for (int i = 0; i < RoundsPerLook; i++)
            {
                round();
            }

            rounds += RoundsPerLook;
        }

        return (Environment.CpuUsage.TotalTime - start).TotalMicroseconds / rounds;
    }
}
