using Orrery.Posix;

namespace Orrery.Virtio.Tests;

/// <summary>A vhost-user device and its mock guest, joined by a socket pair and one reactor.</summary>
internal sealed class DeviceFixture : IDisposable
{
    public DeviceFixture(Func<DeviceFixture, IVirtioDevice> device, int answerLimitMilliseconds = 10_000, bool sealedMemory = true)
    {
        Clock = new FakeClock(Log);
        Transport = new VhostUserDevice(
            "client.eth0", device(this), Clock, Clock, Reactor, Faults.Add, answerLimitMilliseconds);
        (FileDescriptor mine, FileDescriptor theirs) = UnixSocket.CreatePair();
        Transport.Connect(mine);
        Guest = new MockGuest(theirs, Reactor, Log, sealedMemory);
    }

    public static readonly byte[] Mac = [2, 0, 0, 0, 0, 7];

    public Reactor Reactor { get; } = new();

    public List<string> Log { get; } = [];

    public List<DeviceFault> Faults { get; } = [];

    public FakeClock Clock { get; }

    public FakeNetwork Network { get; } = new();

    public FakeConsole Console { get; } = new();

    public VhostUserDevice Transport { get; }

    public MockGuest Guest { get; }

    public VirtioNetDevice Net => (VirtioNetDevice)Transport.Device;

    /// <summary>A network device whose guest has set both rings up.</summary>
    public static DeviceFixture ReadyNet(
        VirtioFeatures features = VirtioFeatures.Ring, int ringSize = 16, int answerLimitMilliseconds = 10_000)
    {
        DeviceFixture fixture = NewNet(answerLimitMilliseconds: answerLimitMilliseconds);
        fixture.Guest.Handshake(features, fixture.Net.Features).SetUp(0, ringSize).SetUp(1, ringSize);
        fixture.Log.Clear();
        return fixture;
    }

    public static DeviceFixture NewNet(int mtu = 1500, int answerLimitMilliseconds = 10_000, bool sealedMemory = true)
        => new(fixture => new VirtioNetDevice(Mac, mtu, fixture.Network), answerLimitMilliseconds, sealedMemory);

    public void Dispose()
    {
        Guest.Dispose();
        Transport.Dispose();
        Reactor.Dispose();
    }
}
