namespace Orrery.Virtio.Tests;

/// <summary>A calendar that does what the test says, and notes what it is asked, in one log with the mock guest.</summary>
internal sealed class FakeClock(List<string> log) : IGuestClock, IDeviceScheduler
{
    private readonly List<(VirtioTransport Transport, ulong Delay)> _flushes = [];

    /// <summary>The guest has the turn, except while something is flushed: then it waits.</summary>
    public bool IsRunning { get; set; } = true;

    public bool AcceptsTime { get; set; } = true;

    public IReadOnlyList<(VirtioTransport Transport, ulong Delay)> Flushes => _flushes;

    public bool Synchronize()
    {
        log.Add("synchronize");
        return AcceptsTime;
    }

    public void BeginInterrupt() => log.Add("begin");

    public void EndInterrupt() => log.Add("end");

    public void RequestFlush(VirtioTransport transport, ulong delayNanoseconds) => _flushes.Add((transport, delayNanoseconds));

    /// <summary>Lets simulated time pass: what was asked for is done, the soonest first.</summary>
    public void RunFlushes(int limit = 100)
    {
        for (; _flushes.Count > 0 && limit > 0; limit--)
        {
            (VirtioTransport transport, ulong delay) = _flushes.MinBy(flush => flush.Delay);
            _flushes.Remove((transport, delay));
            bool ran = IsRunning;
            IsRunning = false;
            transport.Flush();
            IsRunning = ran;
        }
    }
}

/// <summary>Keeps the frames of a network device.</summary>
internal sealed class FakeNetwork : INetworkBackend
{
    public List<byte[]> Frames { get; } = [];

    public Action? OnTransmit { get; set; }

    public void Transmit(ReadOnlySpan<byte> frame)
    {
        Frames.Add(frame.ToArray());
        OnTransmit?.Invoke();
    }
}

/// <summary>Keeps the output of a console.</summary>
internal sealed class FakeConsole : IConsoleBackend
{
    private readonly List<byte> _bytes = [];

    public string Text => System.Text.Encoding.ASCII.GetString([.. _bytes]);

    public void Write(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);
}
