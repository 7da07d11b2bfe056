using Orrery.Posix;
using Orrery.Simulation;
using Orrery.TimeTravel.Tests.Support;
using Xunit;
using static Orrery.TimeTravel.TimeTravelOperation;

namespace Orrery.TimeTravel.Tests;

/// <summary>What the devices of this process use: the time at a kick, interrupts to a guest that waits (docs/architecture.md, "Devices and guests").</summary>
public class InterruptTests
{
    private const ulong Interrupted = 5000;

    [Fact]
    public void A_waiting_guest_with_memory_asks_without_a_message_when_it_is_interrupted()
    {
        using var bench = new CalendarBench(new CalendarOptions());
        Participant guest = bench.Calendar.Expect(1, bench.Simulator.AddOrigin("guest"), SimTime.FromNanoseconds(100));
        using var device = new Device(bench, guest);
        device.InterruptAt(SimTime.FromNanoseconds(100 + Interrupted));
        bench.Client(1, client =>
        {
            Assert.True(client.UsesMemory);
            client.Reactor.Add(device.GuestEnd, new OnReady(() =>
            {
                Assert.False(client.IsRunning);
                Assert.True(client.Synchronize());
                Assert.Equal(Interrupted, client.Now.Nanoseconds);
                Assert.True(client.RequestAt(client.Now));
                device.Answer();
            }), 0);
            Assert.True(client.AdvanceTo(SimTime.FromSeconds(1)));
            Assert.Equal(Interrupted, client.Now.Nanoseconds); // woken early, with its own window: F > now
            Assert.True(client.FreeUntil > client.Now);
        });
        bench.Run();
        bench.Join();
        Assert.Empty(bench.Faults);
        Assert.Equal(1, device.Answers);
        Assert.Equal(1ul, guest.TurnCount);
    }

    [Fact]
    public void A_waiting_guest_with_messages_gets_its_WAIT_answered_before_it_is_interrupted()
    {
        using var bench = new CalendarBench(new CalendarOptions { Memory = MemoryMode.Off });
        Participant guest = bench.Calendar.Expect(1, bench.Simulator.AddOrigin("guest"), SimTime.FromNanoseconds(100));
        using var device = new Device(bench, guest);
        device.InterruptAt(SimTime.FromNanoseconds(100 + Interrupted));
        bench.Raw(client =>
        {
            client.Start(1).Ask(Request, 1_000_000).Ask(Wait);
            device.WaitForCall();
            Assert.Equal(Interrupted, client.Ask(Get).Answer);
            client.Ask(Request, Interrupted);
            device.Answer();
            client.Expect(FreeUntil, 100_000_000 - 100).Expect(Run, Interrupted);
        });
        bench.Run();
        bench.Join();
        Assert.Empty(bench.Faults);
        Assert.Equal(1, device.Answers);
    }

    [Fact]
    public void Who_is_not_there_cannot_be_interrupted()
    {
        using var bench = new CalendarBench(new CalendarOptions { WaitLimit = TimeSpan.FromMilliseconds(50) });
        Participant guest = bench.Calendar.Expect(1, bench.Simulator.AddOrigin("guest"), SimTime.Zero);
        using var device = new Device(bench, guest);
        device.InterruptAt(SimTime.Zero); // before the admission
        device.InterruptAt(SimTime.FromMilliseconds(1)); // it never came
        bench.Run();
        Assert.Equal((0, 2), (device.Answers, device.Refusals));
    }

    [Theory]
    [InlineData(2000ul, true)] // where it began
    [InlineData(2999ul, true)]
    [InlineData(3000ul, false)] // the limit: something else is due
    [InlineData(1999ul, false)]
    [InlineData(ulong.MaxValue, false)]
    public void A_kick_moves_the_timeline_to_the_guests_time_within_its_turn(ulong time, bool isAllowed)
    {
        using var bench = new CalendarBench(new CalendarOptions());
        Participant guest = bench.Calendar.Expect(1, bench.Simulator.AddOrigin("guest"), SimTime.Zero);
        using var device = new Device(bench, guest);
        bench.Timeline.Schedule(SimTime.FromNanoseconds(3000), EventPriority.Frames, bench.Simulator.AddOrigin("frame"), device);
        bench.Raw(client => WithMemory(client, memory =>
        {
            memory.WriteRequest(2000);
            client.Send(Wait).Expect(Run, 2000, acknowledge: false);
            memory.CurrentTime = time;
            device.Kick();
        }));
        bench.Run();
        bench.Join();
        Assert.Equal(isAllowed ? [SimTime.FromNanoseconds(time)] : [], device.Kicks);
        Assert.Equal(isAllowed ? [] : [ParticipantRule.StaysWithinItsTurn], bench.Faults.Select(f => f.Rule));
    }

    [Fact]
    public void What_is_scheduled_in_a_kick_lowers_the_guests_limit_in_its_memory()
    {
        using var bench = new CalendarBench(new CalendarOptions());
        Participant guest = bench.Calendar.Expect(1, bench.Simulator.AddOrigin("guest"), SimTime.Zero);
        using var device = new Device(bench, guest) { DelayOfKick = SimDuration.FromNanoseconds(40) };
        bench.Raw(client => WithMemory(client, memory =>
        {
            memory.WriteRequest(2000);
            client.Send(Wait).Expect(Run, 2000, acknowledge: false);
            Assert.Equal(100_000_000ul, memory.FreeUntil);
            memory.CurrentTime = 2100;
            device.Kick();
            Assert.Equal(2140ul, memory.FreeUntil);
            memory.WriteRequest(2140);
            client.Send(Wait).Expect(Run, 2140, acknowledge: false);
        }));
        bench.Run();
        bench.Join();
        Assert.Empty(bench.Faults);
    }

    [Fact]
    public void A_kick_outside_the_turn_is_against_the_rules()
    {
        using var bench = new CalendarBench(new CalendarOptions());
        Participant guest = bench.Calendar.Expect(1, bench.Simulator.AddOrigin("guest"), SimTime.Zero);
        using var device = new Device(bench, guest);
        bench.Calendar.Expect(2, bench.Simulator.AddOrigin("other"), SimTime.Zero);
        using var waits = new SemaphoreSlim(0);
        bench.Raw(client => WithMemory(client, memory =>
        {
            memory.WriteRequest(2000);
            client.Send(Wait);
            waits.Wait();
            device.Kick();
        }));
        bench.Client(2, other =>
        {
            waits.Release();
            device.WaitForKickAnswer();
        });
        bench.Run();
        bench.Join();
        Assert.Equal([ParticipantRule.ActsInItsTurn], bench.Faults.Select(f => f.Rule));
        Assert.Empty(device.Kicks);
    }

    [Fact]
    public void A_guest_that_asks_for_the_past_in_its_memory_is_dropped()
    {
        using var bench = new CalendarBench(new CalendarOptions());
        bench.Calendar.Expect(1, bench.Simulator.AddOrigin("guest"), SimTime.FromSeconds(1));
        bench.Raw(client => WithMemory(client, memory =>
        {
            memory.WriteRequest(2000);
            client.Send(Wait).Expect(Run, 2000, acknowledge: false);
            memory.WriteRequest(1999);
            client.Send(Wait).ExpectClosed();
        }));
        bench.Run();
        bench.Join();
        Assert.Equal([ParticipantRule.RequestsTheFuture], bench.Faults.Select(f => f.Rule));
    }

    [Fact]
    public void Whatever_a_guest_writes_into_its_own_memory_hurts_nobody_else()
    {
        using var bench = new CalendarBench(new CalendarOptions());
        bench.Calendar.Expect(1, bench.Simulator.AddOrigin("vandal"), SimTime.Zero);
        bench.Calendar.Expect(2, bench.Simulator.AddOrigin("other"), SimTime.Zero);
        bench.Raw(client => WithMemory(client, memory =>
        {
            using var mapping = MemoryMapping.Create(client.Descriptors[0], 0, 8192, out _);
            unsafe
            {
                var random = new Random(1);
                for (int turn = 0; turn < 20; turn++)
                {
                    random.NextBytes(new Span<byte>(mapping!.Start, 8192));
                    *(uint*)(mapping.Start + 4096 + 128) = 1; // still uses the memory
                    memory.WriteRequest((ulong)turn * 1_000_000);
                    client.Send(Wait).Expect(Run, (ulong)turn * 1_000_000, acknowledge: false);
                }
            }
        }));
        bench.Client(2, other =>
        {
            for (int i = 0; i < 50; i++)
            {
                Assert.True(other.AdvanceTo(other.Now + SimDuration.FromMicroseconds(500)), other.Fault?.ToString());
            }
        });
        bench.Run();
        bench.Join();
        Assert.Empty(bench.Faults);
    }

    private static void WithMemory(RawClient client, Action<AttachedMemory> script)
    {
        int slot = (ushort)client.Start(1).Answer;
        using AttachedMemory memory = AttachedMemory.TryAttach(client.Descriptors[0], slot)!;
        script(memory);
    }

    private sealed class OnReady(Action action) : IReadinessHandler
    {
        public void OnReadable() => action();
    }

    /// <summary>A device as in Orrery.Virtio: kicks come on a socket, calls go out on one and are answered.</summary>
    private sealed class Device : IEventHandler, IReadinessHandler, IDisposable
    {
        private readonly CalendarBench _bench;
        private readonly Participant _guest;
        private readonly Origin _origin;
        private readonly (FileDescriptor Device, FileDescriptor Guest) _calls = UnixSocket.CreatePair();
        private readonly (FileDescriptor Device, FileDescriptor Guest) _kicks = UnixSocket.CreatePair();
        private readonly List<SimTime> _interrupts = [];

        public Device(CalendarBench bench, Participant guest)
        {
            _bench = bench;
            _guest = guest;
            _origin = bench.Simulator.AddOrigin("device");
            bench.Reactor.Add(_kicks.Device, this, 0);
            UnixSocket.SetTimeouts(_kicks.Guest, 60_000);
        }

        public FileDescriptor GuestEnd => _calls.Guest;

        public SimDuration? DelayOfKick { get; init; }

        public int Answers { get; private set; }

        public int Refusals { get; private set; }

        public List<SimTime> Kicks { get; } = [];

        public void InterruptAt(SimTime time)
        {
            _interrupts.Add(time);
            _bench.Timeline.Schedule(time, EventPriority.Devices, _origin, this);
        }

        // The guest's side.
        public void WaitForCall() => Assert.Equal(1, _calls.Guest.Read(new byte[1]));

        public void Answer()
        {
            if (_calls.Guest.WaitReadable(0))
            {
                WaitForCall();
            }

            _calls.Guest.Write([1]);
        }

        public void Kick()
        {
            _kicks.Guest.Write([1]);
            WaitForKickAnswer();
        }

        public void WaitForKickAnswer() => Assert.True(_kicks.Guest.WaitReadable(60_000));

        // The device's side.
        public void Handle(Timeline timeline, ulong argument)
        {
            if (!_interrupts.Contains(timeline.Now))
            {
                return; // a frame: only there to be due
            }

            if (!_guest.BeginInterrupt())
            {
                Refusals++;
                return;
            }

            _calls.Device.Write([1]);
            while (!_calls.Device.WaitReadable(0))
            {
                _bench.Reactor.RunOnce(1); // the call's answer is not in the reactor
            }

            Answers += _calls.Device.Read(new byte[1]);
            Assert.True(_guest.EndInterrupt());
        }

        public void OnReadable()
        {
            _kicks.Device.Read(new byte[1]);
            if (_guest.Synchronize())
            {
                Kicks.Add(_bench.Timeline.Now);
                if (DelayOfKick is { } delay)
                {
                    _bench.Timeline.Schedule(_bench.Timeline.Now + delay, EventPriority.Frames, _origin, this);
                }
            }

            _kicks.Device.Write([1]);
        }

        public void Dispose()
        {
            foreach (FileDescriptor end in new[] { _calls.Device, _calls.Guest, _kicks.Device, _kicks.Guest })
            {
                end.Dispose();
            }
        }
    }
}
