using Orrery.Posix;
using Xunit;

namespace Orrery.Virtio.Tests;

public class AllocationTests
{
    private const int WarmUp = 1000;
    private const int Rounds = 5000;

    [Fact]
    public void A_frame_each_way_over_sockets_allocates_nothing()
    {
        var lab = new QuietLab();
        using var reactor = new Reactor();
        using var device = new VhostUserDevice("device", lab.Card, lab, lab, reactor, QuietLab.Faulted);
        (FileDescriptor mine, FileDescriptor theirs) = UnixSocket.CreatePair();
        device.Connect(mine);
        using var driver = new VhostUserDriver("driver", theirs, lab, reactor);
        lab.Run(driver);
    }

    [Fact]
    public void A_frame_each_way_in_process_allocates_nothing()
    {
        var lab = new QuietLab();
        using var device = new InProcessDevice("device", lab.Card, lab, lab, QuietLab.Faulted);
        using var driver = new InProcessDriver("driver", device, lab);
        lab.Run(driver);
    }

    /// <summary>Everybody that driver and device know, keeping nothing.</summary>
    private sealed class QuietLab : IGuestClock, IDeviceScheduler, INetworkBackend, IDriverHost, INetworkDriverEvents
    {
        private VirtioTransport? _flush;
    private bool _flushing;
        private int _transmitted;
        private int _received;

        public QuietLab() => Card = new VirtioNetDevice(DeviceFixture.Mac, 1500, this);

        public VirtioNetDevice Card { get; }

        public bool IsRunning => !_flushing;

        public void Run(DriverTransport transport)
        {
            var driver = new VirtioNetDriver(new NetworkDriverOptions(), this);
            Assert.True(transport.TryStart(driver));
            Span<byte> frame = stackalloc byte[100];
            long before = 0;
            for (int round = 0; round < WarmUp + Rounds; round++)
            {
                if (round == WarmUp)
                {
                    before = GC.GetAllocatedBytesForCurrentThread();
                }

                driver.TrySend(frame);
                Card.Deliver(frame);
                Flush();
                transport.HandleInterrupt();
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal((WarmUp + Rounds, WarmUp + Rounds), (_transmitted, _received));
        }

        private void Flush()
        {
            _flushing = true;
            _flush?.Flush();
            _flushing = false;
        }

        public static void Faulted(DeviceFault fault) => Assert.Fail(fault.ToString());

        public bool Synchronize() => true;

        public void BeginInterrupt()
        {
        }

        public void EndInterrupt() => _flush = null;

        public void RequestFlush(VirtioTransport transport, ulong delayNanoseconds) => _flush = transport;

        public void Transmit(ReadOnlySpan<byte> frame) => _transmitted++;

        public void Propagate()
        {
        }

        public void InterruptArrived()
        {
        }

        public void DeviceLost(DeviceFault? fault) => Assert.Null(fault);

        public void FrameReceived(ReadOnlySpan<byte> frame) => _received++;

        public void LinkChanged(bool up)
        {
        }
    }
}
