using System.Collections.Concurrent;
using Orrery.Posix;

namespace Orrery.Lab.Guests;

/// <summary>
/// Empties the guests' pipes and notices their ends, on a thread of its own and in wall-clock time: a full pipe would stop
/// a guest that holds the turn, and with it the lab.
/// </summary>
internal sealed class GuestMonitor : IReadinessHandler, IDisposable
{
    private const int BufferBytes = 64 << 10;

    private readonly Reactor _reactor = new();
    private readonly FileDescriptor _wake = FileDescriptor.CreateEvent();
    private readonly ConcurrentQueue<GuestWatch> _arrivals = new();
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly Thread _thread;
    private volatile bool _stopping;

    internal GuestMonitor()
    {
        _reactor.Add(_wake, this, urgency: 0);
        _thread = new Thread(Run) { IsBackground = true, Name = "guest monitor" };
        _thread.Start();
    }

    /// <summary>Watches a guest from now on.</summary>
    internal void Add(GuestWatch watch)
    {
        _arrivals.Enqueue(watch);
        Wake();
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
        _wake.Read(_buffer.AsSpan(0, sizeof(ulong)));
        while (_arrivals.TryDequeue(out GuestWatch? watch))
        {
            watch.Attach(_reactor, _buffer);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        Wake();
        _thread.Join();
        _reactor.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            _reactor.RunOnce(Timeout.Infinite);
        }
    }

    private void Wake() => _wake.Write(BitConverter.GetBytes(1UL));
}
