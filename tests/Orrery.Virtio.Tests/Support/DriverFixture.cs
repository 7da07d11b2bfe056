using Orrery.Posix;

namespace Orrery.Virtio.Tests;

/// <summary>The machine of a driver: handles an interrupt when the test says that its time has come.</summary>
internal sealed class FakeMachine(List<string> log) : IDriverHost, INetworkDriverEvents, IConsoleDriverEvents
{
    public List<byte[]> Frames { get; } = [];

    public List<byte> Input { get; } = [];

    public List<DeviceFault?> Lost { get; } = [];

    /// <summary>Interrupts that are on the calendar.</summary>
    public int Interrupts { get; set; }

    public Action? OnInterrupt { get; set; }

    public Action<byte[]>? OnFrame { get; set; }

    public void Propagate() => log.Add("propagate");

    public void InterruptArrived()
    {
        log.Add("interrupt");
        Interrupts++;
        OnInterrupt?.Invoke();
    }

    public void DeviceLost(DeviceFault? fault) => Lost.Add(fault);

    public void FrameReceived(ReadOnlySpan<byte> frame)
    {
        Frames.Add(frame.ToArray());
        OnFrame?.Invoke(Frames[^1]);
    }

    public void LinkChanged(bool up) => log.Add(up ? "up" : "down");

    public void InputReceived(ReadOnlySpan<byte> bytes) => Input.AddRange(bytes);
}

/// <summary>Our driver and our device, over sockets or in one process, on the test's thread.</summary>
internal sealed class DriverFixture : IDisposable
{
    private readonly IDisposable _device;

    public DriverFixture(bool inProcess, Func<DriverFixture, IVirtioDevice> device)
    {
        Clock = new FakeClock(Log);
        Machine = new FakeMachine(Log);
        if (inProcess)
        {
            var transport = new InProcessDevice("node.device", device(this), Clock, Clock, Faults.Add);
            Driver = new InProcessDriver("machine.driver", transport, Machine);
            (Device, _device) = (transport, transport);
        }
        else
        {
            var transport = new VhostUserDevice("node.device", device(this), Clock, Clock, Reactor, Faults.Add);
            (FileDescriptor mine, FileDescriptor theirs) = UnixSocket.CreatePair();
            transport.Connect(mine);
            Driver = new VhostUserDriver("machine.driver", theirs, Machine, Reactor);
            (Device, _device) = (transport, transport);
        }
    }

    public Reactor Reactor { get; } = new();

    public List<string> Log { get; } = [];

    public List<DeviceFault> Faults { get; } = [];

    public FakeClock Clock { get; }

    public FakeMachine Machine { get; }

    public FakeNetwork Network { get; } = new();

    public FakeConsole Console { get; } = new();

    public VirtioTransport Device { get; }

    public DriverTransport Driver { get; }

    public static DriverFixture Net(bool inProcess, int mtu = 1500)
        => new(inProcess, fixture => new VirtioNetDevice(DeviceFixture.Mac, mtu, fixture.Network));

    /// <summary>Lets simulated time pass until nothing is due: flushes, each with the interrupt it raises.</summary>
    public void Settle()
    {
        while (Machine.Interrupts > 0 || Clock.Flushes.Count > 0)
        {
            Clock.RunFlushes(limit: 1);
            Machine.Interrupts = 0;
            Driver.HandleInterrupt();
        }
    }

    public void Dispose()
    {
        Driver.Dispose();
        _device.Dispose();
        Reactor.Dispose();
    }
}
