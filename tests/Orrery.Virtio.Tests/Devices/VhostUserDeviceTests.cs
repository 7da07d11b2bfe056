using Xunit;

namespace Orrery.Virtio.Tests;

public class VhostUserDeviceTests
{
    private static readonly byte[] Frame = [.. Enumerable.Range(0, 60).Select(i => (byte)i)];

    /// <summary>Puts a frame of the guest into a buffer and makes it available.</summary>
    private static void Offer(DeviceFixture fixture, ushort descriptor, byte[] frame)
    {
        ulong buffer = fixture.Guest.Allocate(12 + frame.Length);
        frame.CopyTo(fixture.Guest.Bytes(buffer + 12, frame.Length));
        fixture.Guest.Describe(1, descriptor, buffer, (uint)(12 + frame.Length)).Offer(1, descriptor);
    }

    private static ulong OfferReceive(DeviceFixture fixture, ushort descriptor, int bytes = 1530)
    {
        ulong buffer = fixture.Guest.Allocate(bytes);
        fixture.Guest.Describe(0, descriptor, buffer, (uint)bytes, RingLayout.DeviceWritable).Offer(0, descriptor);
        return buffer;
    }

    [Fact]
    public void Offers_what_it_can_do_and_nothing_else()
    {
        using DeviceFixture fixture = DeviceFixture.NewNet();
        ulong features = fixture.Guest.Get(VhostUserRequest.GetFeatures)!.Value;
        Assert.Equal((1UL << 5) | (1UL << 16) | (1UL << 28) | (1UL << 29) | (1UL << 30) | (1UL << 32), features);
    }

    [Fact]
    public void Configuration_is_read_byte_by_byte_and_past_its_end()
    {
        using DeviceFixture fixture = DeviceFixture.NewNet();
        fixture.Guest.Handshake(VirtioFeatures.Ring);
        for (int size = 1; size <= 6; size++)
        {
            Assert.Equal(DeviceFixture.Mac[..size], fixture.Guest.ReadConfiguration(size));
        }

        Assert.Equal([.. DeviceFixture.Mac, 1, 0, 1, 0, 0xdc, 5, 0, 0, 0, 0], fixture.Guest.ReadConfiguration(16));
        Assert.Equal(1UL, fixture.Guest.Ask(VhostUserRequest.SetConfiguration, [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9]));
        Assert.Empty(fixture.Faults);
    }

    [Fact]
    public void A_kick_takes_the_time_sends_calls_and_is_answered_in_this_order()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        fixture.Network.OnTransmit = () => fixture.Log.Add("transmit");
        Offer(fixture, 0, Frame);
        Assert.Equal(0UL, fixture.Guest.Kick(1));
        Assert.Equal(["synchronize", "transmit", "call 1"], fixture.Log);
        Assert.Equal(Frame, Assert.Single(fixture.Network.Frames));
        Assert.Equal(1, fixture.Guest.Rings[1].UsedIndex);
        Assert.Empty(fixture.Clock.Flushes);
    }

    [Fact]
    public void The_call_is_on_its_way_before_the_kick_is_answered()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        Offer(fixture, 0, Frame);
        bool called = false;
        fixture.Network.OnTransmit = () =>
        {
            // Still inside the kick: no answer yet.
            Assert.True(fixture.Guest.HearsNothing());
            called = true;
        };
        Assert.Equal(0UL, fixture.Guest.Kick(1));
        Assert.True(called);
    }

    [Fact]
    public void Several_frames_of_one_instant_cost_one_call_that_is_answered()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        ulong first = OfferReceive(fixture, 0);
        ulong second = OfferReceive(fixture, 1);
        Assert.True(fixture.Net.Deliver(Frame));
        Assert.True(fixture.Net.Deliver(Frame.AsSpan(0, 42)));
        Assert.False(fixture.Net.Deliver(Frame));
        Assert.Empty(fixture.Log);
        Assert.Single(fixture.Clock.Flushes);
        fixture.Clock.RunFlushes();
        Assert.Equal(["begin", "call 0?", "end"], fixture.Log);
        Assert.Equal(2, fixture.Guest.Rings[0].UsedIndex);
        Assert.Equal(72u, fixture.Guest.Rings[0].UsedEntry(0).Length);
        Assert.Equal(54u, fixture.Guest.Rings[0].UsedEntry(1).Length);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, .. Frame], fixture.Guest.Bytes(first, 72).ToArray());
        Assert.Equal(Frame.AsSpan(0, 42), fixture.Guest.Bytes(second + 12, 42));
        Assert.Equal(new NetworkCounters { Received = 2, ReceiveDropped = 1 }, fixture.Net.Counters);
    }

    [Theory]
    [InlineData(VirtioFeatures.Version1)]
    [InlineData(VirtioFeatures.Version1 | VirtioFeatures.EventIndex)]
    public void A_driver_that_wants_no_interrupt_is_not_called(VirtioFeatures features)
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet(features);
        OfferReceive(fixture, 0);
        OfferReceive(fixture, 1);
        fixture.Net.Deliver(Frame);
        fixture.Clock.RunFlushes();
        fixture.Log.Clear();
        fixture.Guest.Rings[0].AvailableFlags = RingLayout.NoInterrupt;
        fixture.Guest.Rings[0].UsedEvent = 0x8000;
        fixture.Net.Deliver(Frame);
        Assert.Equal(2, fixture.Guest.Rings[0].UsedIndex);
        Assert.Empty(fixture.Clock.Flushes);
    }

    [Theory]
    [InlineData(VirtioFeatures.Version1)]
    [InlineData(VirtioFeatures.Version1 | VirtioFeatures.EventIndex)]
    public void The_receive_ring_wants_no_kicks_and_the_transmit_ring_does(VirtioFeatures features)
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet(features);
        Offer(fixture, 0, Frame);
        OfferReceive(fixture, 0);
        fixture.Guest.Kick(1);
        fixture.Net.Deliver(Frame);
        bool eventIndex = features.HasFlag(VirtioFeatures.EventIndex);
        Assert.Equal(eventIndex ? 0 : RingLayout.NoNotify, fixture.Guest.Rings[0].UsedFlags);
        Assert.Equal(0, fixture.Guest.Rings[1].UsedFlags);
        Assert.Equal(eventIndex ? 1 : 0, fixture.Guest.Rings[1].AvailableEvent);
        Assert.False(eventIndex && RingLayout.Passed(fixture.Guest.Rings[0].AvailableEvent, 17, 1));
    }

    [Fact]
    public void Suspend_and_resume_keep_the_indices_and_look_again()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        Offer(fixture, 0, Frame);
        fixture.Guest.Kick(1);
        fixture.Guest.Enable(1, false).Enable(0, false);
        OfferReceive(fixture, 0);
        Assert.False(fixture.Net.Deliver(Frame));
        Offer(fixture, 1, Frame[..50]);
        Assert.Equal(0UL, fixture.Guest.Kick(1));
        Assert.Single(fixture.Network.Frames);
        fixture.Guest.Enable(0, true).Enable(1, true);
        Assert.True(fixture.Net.Deliver(Frame));

        // The guest believes that it has kicked about the second frame: the third has to make it kick.
        Assert.True(RingLayout.Passed(fixture.Guest.Rings[1].AvailableEvent, 3, 2));

        // Any kick, also of the other ring, brings what came while the ring was off.
        Assert.Equal(0UL, fixture.Guest.Kick(0));
        Assert.Equal(Frame[..50], fixture.Network.Frames[1]);
        Assert.Equal(2, fixture.Guest.Rings[1].UsedIndex);
        Assert.Empty(fixture.Faults);
    }

    [Fact]
    public void A_driver_starts_over_on_the_same_connection()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        Offer(fixture, 0, Frame);
        fixture.Guest.Kick(1);
        fixture.Guest.Enable(1, false).Enable(0, false);
        Assert.NotNull(fixture.Guest.Get(VhostUserRequest.GetFeatures));
        fixture.Guest.Ask(VhostUserRequest.SetFeatures, MockGuest.Number((ulong)(VirtioFeatures.Version1 | VirtioFeatures.ProtocolFeatures)));
        fixture.Guest.Ask(VhostUserRequest.SetMemoryTable, MockGuest.Table(), fixture.Guest.Memory.Number);
        Assert.False(fixture.Net.Deliver(Frame));
        fixture.Guest.SetUp(0, 8).SetUp(1, 8);
        Offer(fixture, 5, Frame);
        Assert.Equal(0UL, fixture.Guest.Kick(1));
        Assert.Equal(2, fixture.Network.Frames.Count);
        Assert.Equal(5u, fixture.Guest.Rings[1].UsedEntry(0).Id);
        Assert.Empty(fixture.Faults);
    }

    [Fact]
    public void A_configuration_change_travels_alone_and_again_until_it_is_read()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        OfferReceive(fixture, 0);
        fixture.Net.Deliver(Frame);
        fixture.Net.SetLink(false);
        fixture.Clock.RunFlushes(limit: 3);
        Assert.Equal(["begin", "call 0?", "end", "begin", "change?", "end", "begin", "change?", "end"], fixture.Log);
        Assert.Equal(0, fixture.Guest.ReadConfiguration(8)![6]);
        fixture.Log.Clear();
        fixture.Clock.RunFlushes();
        Assert.Empty(fixture.Log);
        fixture.Net.SetLink(true);
        fixture.Clock.RunFlushes();
        Assert.Equal(9, fixture.Log.Count(entry => entry == "change?"));
    }

    [Fact]
    public void A_card_that_does_not_report_its_link_is_pulled_silently()
    {
        using var fixture = new DeviceFixture(fixture => new VirtioNetDevice(DeviceFixture.Mac, 1500, fixture.Network) { ReportsLink = false });
        fixture.Guest.Handshake(deviceFeatures: fixture.Net.Features).SetUp(0, 8);
        Assert.Equal(0UL, fixture.Net.Features & (1UL << 16));
        OfferReceive(fixture, 0);
        fixture.Net.SetLink(false);
        Assert.False(fixture.Net.Deliver(Frame));
        Assert.Empty(fixture.Clock.Flushes);
    }

    [Fact]
    public void Nobody_interrupts_a_guest_that_has_the_turn()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        OfferReceive(fixture, 0);
        Assert.True(fixture.Net.Deliver(Frame));
        Assert.True(fixture.Clock.IsRunning);
        Assert.Throws<InvalidOperationException>(fixture.Transport.Flush);
        Assert.Empty(fixture.Log);
    }

    [Fact]
    public void A_silent_guest_is_given_up_after_the_limit()
    {
        using DeviceFixture fixture = DeviceFixture.NewNet(answerLimitMilliseconds: 1);
        fixture.Guest.Handshake().SetUp(0, 8);
        OfferReceive(fixture, 0);
        fixture.Net.Deliver(Frame);
        fixture.Guest.Answers = false;
        fixture.Log.Clear();
        fixture.Clock.RunFlushes();
        Assert.Equal(["begin", "call 0?", "end"], fixture.Log);
        Assert.Equal(VirtioRule.AnswerInTime, Assert.Single(fixture.Faults).Rule);
        Assert.Equal(TransportState.Faulted, fixture.Transport.State);
    }

    [Fact]
    public void A_guest_that_goes_away_is_no_fault()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        fixture.Guest.CloseConnection();
        fixture.Guest.Serve();
        Assert.Equal(TransportState.Gone, fixture.Transport.State);
        Assert.False(fixture.Net.Deliver(Frame));
        Assert.Empty(fixture.Faults);
        Assert.Equal(0, fixture.Reactor.Count);
    }

    [Fact]
    public void Whatever_happens_inside_a_frame_the_memory_stays_until_the_kick_is_over()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        Offer(fixture, 0, Frame);
        Offer(fixture, 1, Frame);
        fixture.Network.OnTransmit = () =>
        {
            fixture.Guest.CloseConnection();
            fixture.Guest.Serve();
        };
        fixture.Guest.Send((uint)VhostUserRequest.VringKick, VhostUserHeader.NeedsReply, MockGuest.State(1, 0));
        Assert.Single(fixture.Network.Frames);
        Assert.Equal(TransportState.Gone, fixture.Transport.State);
    }
}
