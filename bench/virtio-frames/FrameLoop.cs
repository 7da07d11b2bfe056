using Orrery.Posix;
using Orrery.Virtio;

namespace Orrery.Bench.VirtioFrames;

/// <summary>A driver and its card on one thread, and everybody they know: a frame out, a frame in, again and again.</summary>
internal sealed class FrameLoop : IGuestClock, IDeviceScheduler, INetworkBackend, IDriverHost, INetworkDriverEvents, IDisposable
{
    private static readonly byte[] s_frame = new byte[98];

    private readonly VirtioNetDevice _card;
    private readonly VirtioNetDriver _driver;
    private readonly List<IDisposable> _owned = [];
    private DriverTransport? _transport;
    private VirtioTransport? _flush;
    private bool _flushing;

    private FrameLoop()
    {
        _card = new VirtioNetDevice([2, 0, 0, 0, 0, 1], 1500, this);
        _driver = new VirtioNetDriver(new NetworkDriverOptions(), this);
    }

    bool IGuestClock.IsRunning => !_flushing;

    public static FrameLoop OverSockets()
    {
        var loop = new FrameLoop();
        var reactor = new Reactor();
        (FileDescriptor device, FileDescriptor driver) = UnixSocket.CreatePair();
        var served = new VhostUserDevice("card", loop._card, loop, loop, reactor, Report);
        served.Connect(device);
        loop.Start(new VhostUserDriver("driver", driver, loop, reactor), served, reactor);
        return loop;
    }

    public static FrameLoop InProcess()
    {
        var loop = new FrameLoop();
        var served = new InProcessDevice("card", loop._card, loop, loop, Report);
        loop.Start(new InProcessDriver("driver", served, loop), served);
        return loop;
    }

    public void Round()
    {
        _driver.TrySend(s_frame);
        _card.Deliver(s_frame);
        Flush();
        _transport!.HandleInterrupt();
    }

    public void Dispose()
    {
        foreach (IDisposable owned in _owned)
        {
            owned.Dispose();
        }
    }

    bool IGuestClock.Synchronize() => true;

    void IGuestClock.BeginInterrupt()
    {
    }

    void IGuestClock.EndInterrupt() => _flush = null;

    void IDeviceScheduler.RequestFlush(VirtioTransport transport, ulong delayNanoseconds) => _flush = transport;

    void INetworkBackend.Transmit(ReadOnlySpan<byte> frame)
    {
    }

    void IDriverHost.Propagate()
    {
    }

    void IDriverHost.InterruptArrived()
    {
    }

    void IDriverHost.DeviceLost(DeviceFault? fault) => Report(fault);

    void INetworkDriverEvents.FrameReceived(ReadOnlySpan<byte> frame)
    {
    }

    void INetworkDriverEvents.LinkChanged(bool up)
    {
    }

    private void Flush()
    {
        _flushing = true;
        _flush?.Flush();
        _flushing = false;
    }

    private static void Report(DeviceFault? fault) => Console.Error.WriteLine(fault);

    private void Start(DriverTransport transport, params IDisposable[] owned)
    {
        _transport = transport;
        _owned.Add(transport);
        _owned.AddRange(owned);
        if (!transport.TryStart(_driver))
        {
            throw new InvalidOperationException($"{transport.Fault}");
        }
    }
}
