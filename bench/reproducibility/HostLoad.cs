using System.Diagnostics;

namespace Orrery.Bench.Reproducibility;

/// <summary>Processes that compete for the processors, more and fewer of them as time goes on; none is left after it.</summary>
internal sealed class HostLoad : IDisposable
{
    private const int BurnersMax = 4;

    private readonly ManualResetEventSlim _ends = new();
    private readonly Thread _thread;
    private readonly Random _random;

    /// <param name="seed">Of when burners come and go.</param>
    internal HostLoad(int seed)
    {
        _random = new Random(seed);
        _thread = new Thread(Vary);
        _thread.Start();
    }

    /// <summary>Burns a processor until standard input ends: with whoever started it, however that ends.</summary>
    internal static void Burn()
    {
        new Thread(Spin) { IsBackground = true }.Start();
        while (Console.In.Read() >= 0)
        {
        }
    }

    public void Dispose()
    {
        _ends.Set();
        _thread.Join();
        _ends.Dispose();
    }

    private static void Spin()
    {
        while (true)
        {
            Thread.SpinWait(1000);
        }
    }

    private void Vary()
    {
        List<Process> burners = [];
        do
        {
            int wanted = _random.Next(BurnersMax + 1);
            while (burners.Count < wanted)
            {
                burners.Add(Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["burn"]) { RedirectStandardInput = true })!);
            }

            while (burners.Count > wanted)
            {
                End(burners[^1]);
                burners.RemoveAt(burners.Count - 1);
            }
        }
        while (!_ends.Wait(_random.Next(200, 1000)));
        burners.ForEach(End);
    }

    private static void End(Process burner)
    {
        burner.Kill();
        burner.WaitForExit();
        burner.Dispose();
    }
}
