using FsCheck;
using FsCheck.Fluent;
using Orrery.Posix;
using Xunit;

namespace Orrery.Virtio.Tests;

/// <summary>
/// Peers that do anything at all. Nothing throws and nothing waits for ever; each ends as a fault, as a closed connection
/// or in correct operation.
/// </summary>
public unsafe class RandomPeerTests
{
    private const ulong Buffer = MockGuest.MemoryAddress + 0x40000;

    private static readonly Arbitrary<int> s_seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    [Fact]
    public void A_guest_with_random_rings_stops_or_goes_on()
        => Prop.ForAll(s_seeds, seed =>
        {
            var random = new Random(seed);
            using DeviceFixture fixture = DeviceFixture.ReadyNet((VirtioFeatures)((ulong)VirtioFeatures.Version1 | ((ulong)random.Next(4) << 28)));
            for (int index = 0; index < 16; index++)
            {
                fixture.Guest.Describe(0, index, Buffer, 1530, RingLayout.DeviceWritable).Describe(1, index, Buffer, 72);
            }

            for (int round = 0; round < 20 && fixture.Transport.State == TransportState.Connected; round++)
            {
                for (int change = random.Next(12); change > 0; change--)
                {
                    Scribble(fixture.Guest, random);
                }

                if (random.Next(2) == 0)
                {
                    fixture.Guest.Send((uint)VhostUserRequest.VringKick, VhostUserHeader.Plain, MockGuest.State(random.Next(2), 0));
                }
                else
                {
                    fixture.Net.Deliver(new byte[random.Next(14, 1500)]);
                    fixture.Clock.RunFlushes();
                }
            }

            return EndsWell(fixture);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    [Fact]
    public void A_guest_with_random_messages_stops_or_goes_on()
        => Prop.ForAll(s_seeds, seed =>
        {
            var random = new Random(seed);
            using DeviceFixture fixture = DeviceFixture.NewNet(answerLimitMilliseconds: 20);
            if (random.Next(2) == 0)
            {
                fixture.Guest.Handshake();
            }

            for (int message = 0; message < 30 && fixture.Transport.State == TransportState.Connected; message++)
            {
                SendSomething(fixture.Guest, random);
            }

            fixture.Net.Deliver(new byte[60]);
            fixture.Clock.RunFlushes();
            return EndsWell(fixture);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(600));

    [Fact]
    public void A_guest_of_random_bytes_stops_or_goes_on()
        => Prop.ForAll(s_seeds, seed =>
        {
            var random = new Random(seed);
            using DeviceFixture fixture = DeviceFixture.NewNet(answerLimitMilliseconds: 20);
            var bytes = new byte[random.Next(1, 4000)];
            random.NextBytes(bytes);
            fixture.Guest.Raw(bytes);
            return EndsWell(fixture);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void A_device_that_does_anything_stops_its_driver_or_goes_on()
        => Prop.ForAll(s_seeds, seed =>
        {
            var random = new Random(seed);
            using var reactor = new Reactor();
            var machine = new FakeMachine([]);
            (FileDescriptor mine, FileDescriptor theirs) = UnixSocket.CreatePair();
            using var device = new MockDevice(theirs, reactor);
            using var transport = new VhostUserDriver("machine.eth0", mine, machine, reactor, answerLimitMilliseconds: 2);
            var driver = new VirtioNetDriver(new NetworkDriverOptions { ReceiveBuffers = 8, TransmitBuffers = 8 }, machine);
            int honest = random.Next(40);
            device.Answer = _ => honest-- > 0 || random.Next(8) > 0 ? null : Garble(random);
            device.OnKick = ring => ScribbleUsed(device.Rings[ring], random);
            transport.TryStart(driver);
            for (int round = 0; round < 20 && transport.State == TransportState.Connected; round++)
            {
                driver.TrySend(new byte[60]);
                ScribbleUsed(device.Rings[random.Next(2)], random);
                if (random.Next(20) == 0)
                {
                    UnixSocket.Send(device.BackChannel, Garble(random));
                }
                else
                {
                    device.Call(random.Next(2));
                }

                while (reactor.RunOnce(0))
                {
                }

                transport.HandleInterrupt();
            }

            return transport.State == TransportState.Connected ? machine.Lost.Count == 0 : machine.Lost.Count == 1;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    private static bool EndsWell(DeviceFixture fixture) => fixture.Transport.State switch
    {
        TransportState.Faulted => fixture.Faults.Count == 1 && fixture.Faults[0].ToString().Length > 20,
        TransportState.Connected or TransportState.Gone => fixture.Faults.Count == 0,
        _ => false,
    };

    /// <summary>Changes one field of one ring, often to something that could be right.</summary>
    private static void Scribble(MockGuest guest, Random random)
    {
        int ring = random.Next(2);
        RingMemory memory = guest.Rings[ring];
        bool wild = random.Next(20) == 0;
        ushort Index() => (ushort)random.Next(wild ? 65536 : memory.Size);
        ulong Address() => wild
            ? (ulong)random.NextInt64()
            : Buffer + (ulong)random.Next(0x10000);
        switch (random.Next(6))
        {
            case 0:
                memory.AvailableFlags = (ushort)random.Next(4);
                break;
            case 1:
                memory.UsedEvent = (ushort)random.Next(65536);
                break;
            case 2:
                memory.AvailableIndex += (ushort)random.Next(wild ? 65536 : 4);
                break;
            case 3:
                memory.AvailableEntry((ushort)random.Next(memory.Size)) = Index();
                break;
            default:
                guest.Describe(
                    ring,
                    random.Next(memory.Size),
                    Address(),
                    wild ? (uint)random.Next() : (uint)random.Next(1, 100) * 16,
                    (ushort)((random.Next(3) == 0 ? random.Next(wild ? 8 : 2) : 0) | (ring == 0 ? RingLayout.DeviceWritable : 0)),
                    Index());
                break;
        }
    }

    private static void ScribbleUsed(RingMemory memory, Random random)
    {
        if (memory.Size == 0)
        {
            return;
        }

        // Mostly a buffer that is lent, in the order in which a fresh ring is lent.
        for (int count = random.Next(2); count > 0; count--)
        {
            bool wild = random.Next(10) == 0;
            memory.UsedEntry(memory.UsedIndex) = new UsedElement
            {
                Id = wild ? (uint)random.Next() : memory.AvailableEntry(memory.UsedIndex),
                Length = wild ? (uint)random.Next() : memory.Descriptors[memory.AvailableEntry(memory.UsedIndex)].Flags == 0 ? 0 : (uint)random.Next(1500),
            };
            memory.UsedIndex += (ushort)(random.Next(30) == 0 ? random.Next(65536) : 1);
            memory.AvailableEvent = (ushort)random.Next(65536);
        }
    }

    private static void SendSomething(MockGuest guest, Random random)
    {
        uint[] requests = [1, 2, 3, 5, 8, 9, 10, 15, 16, 18, 21, 24, 25, 35, (uint)random.Next(50)];
        uint request = requests[random.Next(requests.Length)];
        byte[] payload = request switch
        {
            2 => MockGuest.Number((ulong)(VirtioFeatures.Ring | VirtioFeatures.ProtocolFeatures)),
            5 => MockGuest.Table(random.Next(8) == 0 ? (uint)random.Next(3) : 1),
            8 => MockGuest.State(random.Next(2), (uint)(1 << random.Next(6))),
            10 or 35 => MockGuest.State(random.Next(20) == 0 ? 2 : random.Next(2), 0),
            18 => MockGuest.State(random.Next(2), (uint)random.Next(2)),
            9 => MockGuest.Address(random.Next(2), guest.Place(8)),
            16 => MockGuest.Number(0x4228),
            24 or 25 => [.. MockGuest.State(random.Next(5), (uint)random.Next(5)), .. new byte[4 + random.Next(5)]],
            _ => [],
        };
        if (random.Next(30) == 0)
        {
            payload = new byte[random.Next(60)];
            random.NextBytes(payload);
        }

        int descriptors = request is 5 or 21 && random.Next(20) > 0 ? 1 : random.Next(40) == 0 ? random.Next(3) : 0;
        Span<int> files = stackalloc int[descriptors];
        files.Fill(request == 21 && random.Next(8) > 0 ? guest.Socket.Number : guest.Memory.Number);
        guest.Send(request, random.Next(60) == 0 ? (uint)random.Next(16) : request is 1 or 15 or 24 || random.Next(2) == 0 ? 1u : 9u, payload, files);
    }

    private static byte[] Garble(Random random)
    {
        var payload = new byte[random.Next(3) == 0 ? random.Next(30) : 8];
        random.NextBytes(payload);
        byte[] message = MockGuest.Message((uint)random.Next(40), (uint)random.Next(12), payload);
        return random.Next(3) == 0 ? message[..random.Next(message.Length)] : message;
    }
}
