namespace Orrery.EndToEnd.Tests;

/// <summary>Threads that compete for the processors until it is disposed of.</summary>
internal sealed class BusyLoad : IDisposable
{
    private readonly Thread[] _threads;
    private volatile bool _stops;

    public BusyLoad(int threads)
    {
        _threads = [.. Enumerable.Range(0, threads).Select(_ => new Thread(Spin))];
        Array.ForEach(_threads, thread => thread.Start());
    }

    public void Dispose()
    {
        _stops = true;
        Array.ForEach(_threads, thread => thread.Join());
    }

    private void Spin()
    {
        while (!_stops)
        {
            Thread.SpinWait(1000);
        }
    }
}
