using FsCheck;
using FsCheck.Fluent;
using Orrery.Posix;
using Xunit;

namespace Orrery.Virtio.Tests;

/// <summary>Both sides of a ring against a queue: whatever is lent comes out, and comes back, in order and whole.</summary>
public class RingPropertyTests
{
    private static readonly Gen<Setting> s_setting =
        from sizeLog in Gen.Choose(0, 8)
        from indirect in Gen.Choose(0, 1)
        from eventIndex in Gen.Choose(0, 1)
        from turns in Gen.OneOf(Gen.Choose(0, 10), Gen.Choose(65_400, 65_600))
        from seed in Gen.Choose(0, int.MaxValue)
        from steps in Gen.Choose(1, 400)
        select new Setting(1 << sizeLog, indirect == 1, eventIndex == 1, turns, seed, steps);

    [Fact]
    public void What_is_lent_comes_out_and_back_whole_and_nobody_sleeps_through_it()
        => Prop.ForAll(s_setting.ToArbitrary(), setting =>
        {
            using var pair = new RingPair(setting);
            pair.Turn(setting.Turns);
            pair.RunRandomSteps();
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    /// <param name="Size">Queue size.</param>
    /// <param name="Indirect">Indirect descriptors.</param>
    /// <param name="EventIndex">Event index.</param>
    /// <param name="Turns">Buffers that go round before, so that the 16-bit indices are anywhere.</param>
    /// <param name="Seed">Decides the steps.</param>
    /// <param name="Steps">How many.</param>
    private sealed record Setting(int Size, bool Indirect, bool EventIndex, int Turns, int Seed, int Steps);

    private sealed unsafe class RingPair : IDisposable
    {
        private const int IndirectEntries = 6;
        private const int BufferBytes = 1 << 16;

        private readonly DriverMemory _memory = DriverMemory.CreatePrivate(1 << 20);
        private readonly GuestMemory _guest;
        private readonly SplitRingDriver _driver;
        private readonly SplitRing _device;
        private readonly DescriptorChain _chain = new();
        private readonly Queue<Lent> _waiting = new();
        private readonly Dictionary<ushort, Lent> _returned = [];
        private readonly Random _random;
        private readonly Setting _setting;
        private readonly ulong _buffers;
        private bool _deviceSleeps;
        private bool _driverSleeps;
        private int _unpublished;
        private int _uncalled;

        public RingPair(Setting setting)
        {
            _setting = setting;
            _random = new Random(setting.Seed);
            var features = VirtioFeatures.Version1
                | (setting.Indirect ? VirtioFeatures.IndirectDescriptors : 0)
                | (setting.EventIndex ? VirtioFeatures.EventIndex : 0);
            _guest = GuestMemory.OfProcess(_memory.Start, _memory.Bytes, DriverMemory.Address, _memory.Array);
            var addresses = new RingAddresses(
                _memory.Take(RingLayout.DescriptorBytes(setting.Size)),
                _memory.Take(RingLayout.AvailableBytes(setting.Size)),
                _memory.Take(RingLayout.UsedBytes(setting.Size)));
            Assert.Null(RingMemory.Locate(_guest, addresses, setting.Size, out RingMemory ring));
            ulong tables = _memory.Take(16L * IndirectEntries * setting.Size);
            _driver = new SplitRingDriver(
                ring, features, new SplitRingDriver.IndirectTables((nint)_memory.Pointer(tables), tables, IndirectEntries));
            _device = new SplitRing(_guest, ring, features, start: 0);
            _buffers = _memory.Take(BufferBytes);
        }

        private sealed record Lent(ushort Head, byte[] Readable, int Writable, byte[] Written, ulong WritableAddress);

        public void Turn(int times)
        {
            bool good = true;
            for (int i = 0; i < times; i++)
            {
                good &= _driver.TryAdd([new RingSegment(_buffers, 4, false)], out ushort head);
                _driver.Publish();
                good &= _device.TryTake(_chain) == RingResult.Taken;
                _device.Complete(_chain);
                _device.Publish();
                good &= _driver.TryTakeUsed(out ushort back, out uint written) == RingResult.Taken && back == head && written == 0;
            }

            Assert.True(good);
        }

        public void RunRandomSteps()
        {
            for (int i = 0; i < _setting.Steps; i++)
            {
                switch (_random.Next(8))
                {
                    case 0 or 1 or 2:
                        Lend();
                        break;
                    case 3:
                        PublishToDevice();
                        break;
                    case 4 or 5:
                        Serve();
                        break;
                    case 6:
                        PublishToDriver();
                        break;
                    default:
                        TakeBack();
                        break;
                }
            }

            PublishToDevice();
            while (_waiting.Count > 0)
            {
                Serve();
            }

            PublishToDriver();
            TakeBack();
            Assert.Equal((_setting.Size, 0), (_driver.FreeDescriptors, _driver.Lent));
        }

        public void Dispose()
        {
            _guest.Dispose();
            _memory.Dispose();
        }

        private void Lend()
        {
            int readable = _random.Next(4);
            int writable = _random.Next(readable == 0 ? 1 : 0, 4);
            var segments = new RingSegment[readable + writable];
            var bytes = new List<byte>();
            ulong address = _buffers + ((ulong)_random.Next(200) * 256);
            ulong first = address;
            int room = 0;
            ulong writableAddress = 0;
            for (int i = 0; i < segments.Length; i++)
            {
                int length = _random.Next(0, 40);
                segments[i] = new RingSegment(address, (uint)length, i >= readable);
                writableAddress = i == readable ? address : writableAddress;
                address += (ulong)length;
                room += i >= readable ? length : 0;
            }

            // Buffers of this test may overlap in memory: their bytes are looked at as soon as they are written.
            var data = new byte[(int)(address - first) - room];
            _random.NextBytes(data);
            if (_driver.TryAdd(segments, out ushort head))
            {
                _waiting.Enqueue(new Lent(head, data, room, new byte[_random.Next(room + 1)], writableAddress));
                _unpublished++;
                data.CopyTo(new Span<byte>(_memory.Pointer(first), data.Length));
            }
        }

        private void PublishToDevice()
        {
            bool kick = _driver.Publish();
            Assert.True(kick || !_deviceSleeps || _unpublished == 0);
            _deviceSleeps &= _unpublished == 0;
            _unpublished = 0;
        }

        private void Serve()
        {
            RingResult result = _device.TryTake(_chain);
            Assert.Equal(_waiting.Count > _unpublished ? RingResult.Taken : RingResult.Empty, result);
            if (result == RingResult.Empty)
            {
                _deviceSleeps = _random.Next(2) == 0;
                _device.SetKicksWanted(_deviceSleeps);
                return;
            }

            Lent lent = _waiting.Dequeue();
            Assert.Equal((lent.Head, (long)lent.Readable.Length, (long)lent.Writable), (_chain.Head, _chain.ReadableBytes, _chain.WritableBytes));
            var read = new byte[lent.Readable.Length + 10];
            int split = _random.Next(read.Length);
            int count = _chain.Read(read.AsSpan(0, split));
            count += _chain.Read(read.AsSpan(count));
            Assert.Equal(lent.Readable.Length, count);
            _random.NextBytes(lent.Written);
            Assert.Equal(lent.Written.Length, _chain.Write(lent.Written));
            Assert.Equal(lent.Written, new Span<byte>(_memory.Pointer(lent.WritableAddress), lent.Written.Length).ToArray());
            _device.Complete(_chain);
            _returned.Add(lent.Head, lent);
            _uncalled++;
        }

        private void PublishToDriver()
        {
            bool call = _device.Publish();
            Assert.True(call || !_driverSleeps || _uncalled == 0);
            _driverSleeps &= _uncalled == 0;
            _uncalled = 0;
        }

        private void TakeBack()
        {
            while (_driver.TryTakeUsed(out ushort head, out uint written) == RingResult.Taken)
            {
                Assert.True(_returned.Remove(head, out Lent? lent));
                Assert.Equal((uint)lent.Written.Length, written);
            }

            Assert.Equal(_uncalled, _returned.Count);
            _driverSleeps = _random.Next(2) == 0;
            Assert.False(_driver.SetCallsWanted(_driverSleeps));
        }
    }
}
