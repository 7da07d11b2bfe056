using Xunit;

namespace Orrery.Virtio.Tests;

/// <summary>A guest whose rings break a rule each: the device stops, says which, and touches nothing it should not.</summary>
public class LyingRingTests
{
    private const ushort Next = RingLayout.Next, Writable = RingLayout.DeviceWritable, Indirect = RingLayout.Indirect;
    private const ulong Good = MockGuest.MemoryAddress + 0x80000;
    private const ulong End = MockGuest.MemoryAddress + MockGuest.MemoryBytes;

    /// <summary>What each lie does to the transmit ring of 16 entries, before it is kicked.</summary>
    private static readonly Dictionary<string, (VirtioRule Rule, Action<MockGuest> Lie)> s_lies = new()
    {
        ["available index jumps"] = (VirtioRule.AvailableIndex, guest => guest.Rings[1].AvailableIndex = 17),
        ["available index goes back"] = (VirtioRule.AvailableIndex, guest => guest.Rings[1].AvailableIndex = 0xffff),
        ["head outside the table"] = (VirtioRule.DescriptorIndex, guest => guest.Offer(1, 16)),
        ["next outside the table"] = (VirtioRule.DescriptorIndex, guest => guest.Describe(1, 0, Good, 20, Next, 16).Offer(1, 0)),
        ["next far outside the table"] = (VirtioRule.DescriptorIndex, guest => guest.Describe(1, 0, Good, 20, Next, 0xffff).Offer(1, 0)),
        ["a loop"] = (VirtioRule.ChainLength, guest => guest.Describe(1, 0, Good, 20, Next, 1).Describe(1, 1, Good, 20, Next, 0).Offer(1, 0)),
        ["a loop of one"] = (VirtioRule.ChainLength, guest => guest.Describe(1, 0, Good, 20, Next, 0).Offer(1, 0)),
        ["readable after writable"] = (
            VirtioRule.ReadableFirst,
            guest => guest.Describe(1, 0, Good, 20, Next | Writable, 1).Describe(1, 1, Good, 20).Offer(1, 0)),
        ["address before memory"] = (VirtioRule.AddressInMemory, guest => guest.Describe(1, 0, MockGuest.MemoryAddress - 1, 20).Offer(1, 0)),
        ["address behind memory"] = (VirtioRule.AddressInMemory, guest => guest.Describe(1, 0, End, 1).Offer(1, 0)),
        ["end behind memory"] = (VirtioRule.AddressInMemory, guest => guest.Describe(1, 0, End - 19, 20).Offer(1, 0)),
        ["address and length overflow"] = (VirtioRule.AddressInMemory, guest => guest.Describe(1, 0, ulong.MaxValue - 5, 20).Offer(1, 0)),
        ["length of four gigabytes"] = (VirtioRule.AddressInMemory, guest => guest.Describe(1, 0, Good, uint.MaxValue).Offer(1, 0)),
        ["null address"] = (VirtioRule.AddressInMemory, guest => guest.Describe(1, 0, 0, 20).Offer(1, 0)),
        ["writable transmit buffer"] = (VirtioRule.BufferDirection, guest => guest.Describe(1, 0, Good, 80, Writable).Offer(1, 0)),
        ["transmit buffer without header"] = (VirtioRule.BufferDirection, guest => guest.Describe(1, 0, Good, 11).Offer(1, 0)),
        ["indirect with next"] = (VirtioRule.IndirectTable, guest => guest.Describe(1, 0, Good, 32, Indirect | Next, 1).Offer(1, 0)),
        ["indirect of no length"] = (VirtioRule.IndirectTable, guest => guest.Describe(1, 0, Good, 0, Indirect).Offer(1, 0)),
        ["indirect of odd length"] = (VirtioRule.IndirectTable, guest => guest.Describe(1, 0, Good, 17, Indirect).Offer(1, 0)),
        ["indirect too long"] = (VirtioRule.IndirectTable, guest => guest.Describe(1, 0, Good, 16 * 1025, Indirect).Offer(1, 0)),
        ["indirect outside memory"] = (VirtioRule.AddressInMemory, guest => guest.Describe(1, 0, End - 16, 32, Indirect).Offer(1, 0)),
        ["indirect inside indirect"] = (
            VirtioRule.IndirectTable, guest => guest.Table(Good, (Good, 16, Indirect, 0)).Describe(1, 0, Good, 16, Indirect).Offer(1, 0)),
        ["loop inside indirect"] = (
            VirtioRule.ChainLength,
            guest => guest.Table(Good, (Good, 16, Next, 1), (Good, 16, Next, 0)).Describe(1, 0, Good, 32, Indirect).Offer(1, 0)),
        ["next outside indirect"] = (
            VirtioRule.DescriptorIndex, guest => guest.Table(Good, (Good, 16, Next, 1)).Describe(1, 0, Good, 16, Indirect).Offer(1, 0)),
    };

    public static TheoryData<string> Lies => [.. s_lies.Keys];

    [Theory]
    [MemberData(nameof(Lies))]
    public void Stops_the_device_and_names_the_rule(string name)
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        (VirtioRule rule, Action<MockGuest> lie) = s_lies[name];
        lie(fixture.Guest);
        Assert.Null(fixture.Guest.Kick(1));
        DeviceFault fault = Assert.Single(fixture.Faults);
        Assert.Equal(("client.eth0", rule), (fault.Device, fault.Rule));
        Assert.StartsWith("client.eth0: ring 1: ", fault.ToString(), StringComparison.Ordinal);
        Assert.Equal((TransportState.Faulted, fault), (fixture.Transport.State, fixture.Transport.Fault));
        Assert.Empty(fixture.Network.Frames);
        Assert.False(fixture.Net.Deliver(new byte[60]));
    }

    [Fact]
    public void A_readable_receive_buffer_stops_the_device()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        fixture.Guest.Describe(0, 0, Good, 100, Next, 1).Describe(0, 1, Good, 100, Writable).Offer(0, 0);
        Assert.False(fixture.Net.Deliver(new byte[60]));
        Assert.Equal(VirtioRule.BufferDirection, Assert.Single(fixture.Faults).Rule);
    }

    [Fact]
    public void An_indirect_table_needs_its_feature()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet(VirtioFeatures.Version1);
        fixture.Guest.Table(Good, (Good, 80, 0, 0)).Describe(1, 0, Good, 16, Indirect).Offer(1, 0);
        Assert.Null(fixture.Guest.Kick(1));
        Assert.Equal(VirtioRule.IndirectTable, Assert.Single(fixture.Faults).Rule);
    }

    [Fact]
    public void A_good_frame_before_a_lie_has_been_sent()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        fixture.Guest.Describe(1, 0, Good, 80).Offer(1, 0).Offer(1, 99);
        Assert.Null(fixture.Guest.Kick(1));
        Assert.Single(fixture.Network.Frames);
        Assert.Single(fixture.Faults);
    }

    [Fact]
    public void A_frame_in_many_pieces_and_an_indirect_one_are_no_lie()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        fixture.Guest.Describe(1, 5, Good, 5, Next, 3).Describe(1, 3, Good + 5, 0, Next, 9).Describe(1, 9, Good + 5, 75, 0).Offer(1, 5);
        fixture.Guest.Table(Good + 0x1000, (Good, 1, Next, 2), (0, 0, 0, 0), (Good + 1, 79, 0, 7));
        fixture.Guest.Describe(1, 0, Good + 0x1000, 48, Indirect, 77).Offer(1, 0);
        fixture.Guest.Describe(1, 1, Good, 30, Next, 2).Describe(1, 2, Good + 0x2000, 16, Indirect).Offer(1, 1);
        fixture.Guest.Table(Good + 0x2000, (Good + 30, 50, 0, 0));
        fixture.Guest.Bytes(Good, 80)[79] = 0xab;
        Assert.Equal(0UL, fixture.Guest.Kick(1));
        Assert.Equal(3, fixture.Network.Frames.Count);
        Assert.All(fixture.Network.Frames, frame => Assert.Equal((68, 0xab), (frame.Length, frame[67])));
        Assert.Equal([5u, 0u, 1u], Enumerable.Range(0, 3).Select(i => fixture.Guest.Rings[1].UsedEntry((ushort)i).Id));
    }

    [Theory]
    [InlineData(13)]
    [InlineData(12 + 1518 + 1)]
    public void A_frame_of_no_sensible_length_is_dropped_and_its_buffer_returned(int bytes)
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        fixture.Guest.Describe(1, 0, Good, (uint)bytes).Offer(1, 0);
        Assert.Equal(0UL, fixture.Guest.Kick(1));
        Assert.Equal(1, fixture.Net.Counters.TransmitDropped);
        Assert.Equal(1, fixture.Guest.Rings[1].UsedIndex);
        Assert.Empty(fixture.Network.Frames);
    }

    [Fact]
    public void A_receive_buffer_that_is_too_small_comes_back_empty()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        fixture.Guest.Describe(0, 0, Good, 71, Writable).Offer(0, 0).Describe(0, 1, Good, 72, Writable).Offer(0, 1);
        Assert.False(fixture.Net.Deliver(new byte[60]));
        Assert.True(fixture.Net.Deliver(new byte[60]));
        Assert.Equal(new UsedElement { Id = 0, Length = 0 }, fixture.Guest.Rings[0].UsedEntry(0));
        Assert.Equal(new UsedElement { Id = 1, Length = 72 }, fixture.Guest.Rings[0].UsedEntry(1));
    }

    [Fact]
    public void A_driver_that_goes_on_offering_while_it_is_served_is_put_off()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        fixture.Guest.Describe(1, 0, Good, 80).Offer(1, 0);
        fixture.Network.OnTransmit = () => fixture.Guest.Offer(1, 0);
        Assert.Equal(0UL, fixture.Guest.Kick(1));
        Assert.Equal(16, fixture.Network.Frames.Count);
        fixture.Network.OnTransmit = null;
        Assert.Equal(0UL, fixture.Guest.Kick(1));
        Assert.Equal(17, fixture.Network.Frames.Count);
    }

    [Fact]
    public void Memory_that_shrinks_stops_the_device_before_it_is_touched()
    {
        using DeviceFixture fixture = DeviceFixture.NewNet(sealedMemory: false);
        fixture.Guest.Handshake().SetUp(0, 16).SetUp(1, 16);
        fixture.Guest.Describe(1, 0, Good, 80).Offer(1, 0).ShrinkMemory();
        Assert.Null(fixture.Guest.Kick(1));
        Assert.Equal(VirtioRule.MemoryBacked, Assert.Single(fixture.Faults).Rule);
    }

    [Fact]
    public void Memory_that_shrinks_stops_the_device_before_it_delivers()
    {
        using DeviceFixture fixture = DeviceFixture.NewNet(sealedMemory: false);
        fixture.Guest.Handshake().SetUp(0, 16);
        fixture.Guest.Describe(0, 0, Good, 80, Writable).Offer(0, 0).ShrinkMemory();
        Assert.False(fixture.Net.Deliver(new byte[60]));
        Assert.Equal(VirtioRule.MemoryBacked, Assert.Single(fixture.Faults).Rule);
    }
}
