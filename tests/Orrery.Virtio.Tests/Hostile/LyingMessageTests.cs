using Orrery.Posix;
using Xunit;

namespace Orrery.Virtio.Tests;

/// <summary>A guest whose messages break a rule each.</summary>
public class LyingMessageTests
{
    private const ulong Address = MockGuest.MemoryAddress;
    private const ulong PageBytes = 4096;

    private static readonly RingAddresses s_ring = new(Address, Address + 0x1000, Address + 0x2000);

    private static byte[] State(int index, uint value) => MockGuest.State(index, value);

    /// <summary>What each guest sends after the handshake (rings not set up), and the rule it breaks.</summary>
    private static readonly Dictionary<string, (VirtioRule Rule, Action<MockGuest> Lie)> s_lies = new()
    {
        ["version 0"] = (VirtioRule.MessageHeader, guest => guest.Send(1, 0, [])),
        ["version 2"] = (VirtioRule.MessageHeader, guest => guest.Send(1, 2, [])),
        ["a reply as request"] = (VirtioRule.MessageHeader, guest => guest.Send(1, VhostUserHeader.Reply, [])),
        ["payload of two gigabytes"] = (VirtioRule.MessageHeader, guest => guest.Raw([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x80])),
        ["payload just too long"] = (
            VirtioRule.MessageHeader, guest => guest.Send(25, 1, new byte[VhostUserHeader.PayloadBytesMax + 1])),
        ["connection ends in a header"] = (VirtioRule.Disconnect, guest => { guest.Raw([1, 0, 0]); guest.CloseConnection(); guest.Serve(); }),
        ["connection ends in a payload"] = (
            VirtioRule.Disconnect, guest => { guest.Raw([2, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 1]); guest.CloseConnection(); guest.Serve(); }),
        ["features not offered"] = (
            VirtioRule.Features, guest => guest.Ask(VhostUserRequest.SetFeatures, MockGuest.Number((1UL << 34) | (1UL << 32) | (1UL << 30)))),
        ["version 1 not taken"] = (VirtioRule.Features, guest => guest.Ask(VhostUserRequest.SetFeatures, MockGuest.Number(1UL << 30))),
        ["protocol features not offered"] = (
            VirtioRule.Features, guest => guest.Ask(VhostUserRequest.SetProtocolFeatures, MockGuest.Number(0x4228 | 1))),
        ["in-band notifications not taken"] = (
            VirtioRule.Features, guest => guest.Ask(VhostUserRequest.SetProtocolFeatures, MockGuest.Number(0x228))),
        ["descriptor that nobody expects"] = (
            VirtioRule.FileDescriptors, guest => guest.Ask(VhostUserRequest.SetFeatures, MockGuest.Number(1UL << 32), guest.Memory.Number)),
        ["more descriptors than regions"] = (VirtioRule.FileDescriptors, guest => guest.Memorize(8, MockGuest.Table())),
        ["no back channel"] = (VirtioRule.FileDescriptors, guest => guest.Ask(VhostUserRequest.SetBackChannel, [])),
        ["two back channels"] = (
            VirtioRule.FileDescriptors, guest => guest.Ask(VhostUserRequest.SetBackChannel, [], guest.Memory.Number, guest.Memory.Number)),
        ["back channel is a file"] = (
            VirtioRule.FileDescriptors, guest => guest.Ask(VhostUserRequest.SetBackChannel, [], guest.Memory.Number)),
        ["memory without file"] = (VirtioRule.FileDescriptors, guest => guest.Ask(VhostUserRequest.SetMemoryTable, MockGuest.Table())),
        ["memory of no regions"] = (VirtioRule.MemoryTable, guest => guest.Ask(VhostUserRequest.SetMemoryTable, MockGuest.Table(0))),
        ["memory of nine regions"] = (VirtioRule.PayloadSize, guest => guest.Memorize(9, MockGuest.Table(9))),
        ["memory of too many regions"] = (VirtioRule.PayloadSize, guest => guest.Memorize(1, MockGuest.Table(uint.MaxValue))),
        ["memory of no bytes"] = (VirtioRule.MemoryTable, guest => guest.Memorize(1, MockGuest.Table(size: 0))),
        ["memory past its file"] = (VirtioRule.MemoryTable, guest => guest.Memorize(1, MockGuest.Table(size: MockGuest.MemoryBytes + 1))),
        ["memory far past its file"] = (VirtioRule.MemoryTable, guest => guest.Memorize(1, MockGuest.Table(offset: PageBytes << 30))),
        ["memory at an overflowing offset"] = (VirtioRule.MemoryTable, guest => guest.Memorize(1, MockGuest.Table(offset: ulong.MaxValue - PageBytes + 1))),
        ["memory off a page"] = (VirtioRule.MemoryTable, guest => guest.Memorize(1, MockGuest.Table(size: PageBytes, offset: 512))),
        ["memory past the address space"] = (VirtioRule.MemoryTable, guest => guest.Memorize(1, MockGuest.Table(address: ulong.MaxValue - 5))),
        ["user memory past the address space"] = (VirtioRule.MemoryTable, guest => guest.Memorize(1, MockGuest.Table(user: ulong.MaxValue - 5))),
        ["memory of overlapping regions"] = (VirtioRule.MemoryTable, guest => guest.Memorize(2, MockGuest.OverlappingTable())),
        ["memory table cut short"] = (VirtioRule.PayloadSize, guest => guest.Memorize(1, MockGuest.Table()[..39])),
        ["memory table of four bytes"] = (VirtioRule.PayloadSize, guest => guest.Memorize(1, new byte[4])),
        ["size of a ring that is not there"] = (VirtioRule.RingIndex, guest => guest.Ask(VhostUserRequest.SetVringNum, State(2, 16))),
        ["base of a ring that is not there"] = (VirtioRule.RingIndex, guest => guest.Ask(VhostUserRequest.SetVringBase, State(2, 0))),
        ["address of a ring that is not there"] = (
            VirtioRule.RingIndex, guest => guest.Ask(VhostUserRequest.SetVringAddress, MockGuest.Address(2, s_ring))),
        ["enabling a ring that is not there"] = (VirtioRule.RingIndex, guest => guest.Ask(VhostUserRequest.SetVringEnable, State(-1, 1))),
        ["kick of a ring that is not there"] = (VirtioRule.RingIndex, guest => guest.Ask(VhostUserRequest.VringKick, State(2, 0))),
        ["ring of no entries"] = (VirtioRule.RingSetup, guest => guest.Ask(VhostUserRequest.SetVringNum, State(0, 0))),
        ["ring of 48 entries"] = (VirtioRule.RingSetup, guest => guest.Ask(VhostUserRequest.SetVringNum, State(0, 48))),
        ["ring of 65536 entries"] = (VirtioRule.RingSetup, guest => guest.Ask(VhostUserRequest.SetVringNum, State(0, 65536))),
        ["ring base of 65536"] = (VirtioRule.RingSetup, guest => guest.Ask(VhostUserRequest.SetVringBase, State(0, 65536))),
        ["ring address before size"] = (
            VirtioRule.RingSetup, guest => guest.Ask(VhostUserRequest.SetVringAddress, MockGuest.Address(0, s_ring))),
        ["ring address with flags"] = (VirtioRule.RingSetup, guest => guest.SizeThenAddress(s_ring, flags: 1)),
        ["descriptors off 16 bytes"] = (VirtioRule.AddressInMemory, guest => guest.SizeThenAddress(s_ring with { Descriptors = Address + 8 })),
        ["available ring off 2 bytes"] = (VirtioRule.AddressInMemory, guest => guest.SizeThenAddress(s_ring with { Available = Address + 1 })),
        ["used ring off 4 bytes"] = (VirtioRule.AddressInMemory, guest => guest.SizeThenAddress(s_ring with { Used = Address + 2 })),
        ["descriptors behind memory"] = (
            VirtioRule.AddressInMemory, guest => guest.SizeThenAddress(s_ring with { Descriptors = Address + MockGuest.MemoryBytes - 128 })),
        ["available ring behind memory"] = (
            VirtioRule.AddressInMemory, guest => guest.SizeThenAddress(s_ring with { Available = Address + MockGuest.MemoryBytes - 36 })),
        ["used ring behind memory"] = (
            VirtioRule.AddressInMemory, guest => guest.SizeThenAddress(s_ring with { Used = Address + MockGuest.MemoryBytes - 132 })),
        ["ring at the end of the address space"] = (
            VirtioRule.AddressInMemory, guest => guest.SizeThenAddress(s_ring with { Used = ulong.MaxValue - 3 })),
        ["enabling before address"] = (VirtioRule.RingSetup, guest => guest.Ask(VhostUserRequest.SetVringEnable, State(0, 1))),
        ["enabling twice over"] = (VirtioRule.RingSetup, guest => guest.Ask(VhostUserRequest.SetVringEnable, State(0, 2))),
        ["size of an enabled ring"] = (
            VirtioRule.RingSetup, guest => guest.SetUp(0, 8).Ask(VhostUserRequest.SetVringNum, State(0, 16))),
        ["address of an enabled ring"] = (
            VirtioRule.RingSetup, guest => guest.SetUp(0, 8).Ask(VhostUserRequest.SetVringAddress, MockGuest.Address(0, s_ring))),
        ["configuration past its limit"] = (VirtioRule.ConfigurationRange, guest => guest.Configuration(offset: 500, size: 13)),
        ["configuration at an overflowing offset"] = (VirtioRule.ConfigurationRange, guest => guest.Configuration(offset: uint.MaxValue, size: 2)),
        ["configuration of another size than it says"] = (VirtioRule.PayloadSize, guest => guest.Configuration(offset: 0, size: 4, sent: 5)),
        ["configuration without its head"] = (VirtioRule.PayloadSize, guest => guest.Send(24, 1, new byte[11])),
        ["kick with payload cut short"] = (VirtioRule.PayloadSize, guest => guest.Send(35, 9, new byte[7])),
        ["features with payload too long"] = (VirtioRule.PayloadSize, guest => guest.Send(2, 9, new byte[9])),
        ["query with payload"] = (VirtioRule.PayloadSize, guest => guest.Send(1, 1, new byte[8])),
    };

    public static TheoryData<string> Lies => [.. s_lies.Keys];

    [Theory]
    [MemberData(nameof(Lies))]
    public void Stops_the_device_and_names_the_rule(string name)
    {
        using DeviceFixture fixture = DeviceFixture.NewNet();
        fixture.Guest.Handshake();
        (VirtioRule rule, Action<MockGuest> lie) = s_lies[name];
        lie(fixture.Guest);
        Assert.Equal(rule, Assert.Single(fixture.Faults).Rule);
        Assert.Equal(TransportState.Faulted, fixture.Transport.State);
        fixture.Guest.CloseBackChannel();
        Assert.Equal(0, fixture.Reactor.Count);
    }

    [Fact]
    public void A_refused_request_is_answered_with_1_before_the_connection_ends()
    {
        using DeviceFixture fixture = DeviceFixture.NewNet();
        fixture.Guest.Handshake();
        Assert.Equal(1UL, fixture.Guest.Ask(VhostUserRequest.SetVringNum, State(0, 3)));
        Assert.Null(fixture.Guest.Get(VhostUserRequest.GetFeatures));
    }

    [Fact]
    public void An_unknown_request_is_refused_and_nothing_more()
    {
        using DeviceFixture fixture = DeviceFixture.NewNet();
        fixture.Guest.Handshake();
        Assert.Equal(1UL, fixture.Guest.Ask((VhostUserRequest)77, new byte[100], fixture.Guest.Memory.Number));
        fixture.Guest.Send(78, VhostUserHeader.Plain, new byte[3]);
        Assert.True(fixture.Guest.HearsNothing());
        Assert.NotNull(fixture.Guest.Get(VhostUserRequest.GetFeatures));
        Assert.Empty(fixture.Faults);
    }

    [Fact]
    public void A_kick_before_set_up_and_of_a_disabled_ring_is_answered()
    {
        using DeviceFixture fixture = DeviceFixture.NewNet();
        fixture.Guest.Handshake();
        Assert.Equal(0UL, fixture.Guest.Kick(1));
        fixture.Guest.SetUp(1, 8).Enable(1, false);
        Assert.Equal(0UL, fixture.Guest.Kick(1));
        Assert.Empty(fixture.Faults);
    }

    [Fact]
    public void A_kick_out_of_turn_stops_the_device()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        fixture.Clock.AcceptsTime = false;
        Assert.Null(fixture.Guest.Kick(1));
        Assert.Equal(VirtioRule.Turn, Assert.Single(fixture.Faults).Rule);
    }

    [Fact]
    public void A_request_out_of_turn_stops_the_device()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        fixture.Clock.IsRunning = false;
        Assert.Null(fixture.Guest.Get(VhostUserRequest.GetFeatures));
        Assert.Equal(VirtioRule.Turn, Assert.Single(fixture.Faults).Rule);
    }

    [Fact]
    public void Messages_arrive_in_pieces_and_several_at_once()
    {
        using DeviceFixture fixture = DeviceFixture.NewNet();
        foreach (byte part in MockGuest.Message(1, 1, []))
        {
            fixture.Guest.Raw([part]);
        }

        Assert.Equal(8, fixture.Guest.Answer(1)!.Length);
        byte[] several = [.. MockGuest.Message(3, 1, []), .. MockGuest.Message(1, 1, []), .. MockGuest.Message(15, 1, []), .. MockGuest.Message(16, 9, MockGuest.Number(0x4228))];
        fixture.Guest.Raw(several);
        Assert.Equal(8, fixture.Guest.Answer(1)!.Length);
        Assert.Equal(8, fixture.Guest.Answer(15)!.Length);
        Assert.Equal(new byte[8], fixture.Guest.Answer(16));
        Assert.Empty(fixture.Faults);
    }

    [Fact]
    public void Descriptors_belong_to_the_message_they_come_with()
    {
        using DeviceFixture fixture = DeviceFixture.NewNet();
        fixture.Guest.Handshake();
        (FileDescriptor mine, FileDescriptor theirs) = UnixSocket.CreatePair();
        using (mine)
        using (theirs)
        {
            // The first message is short, so that one read brings the beginning of the second and its descriptor.
            fixture.Guest.SendUnserved(3, VhostUserHeader.Plain, []);
            fixture.Guest.SendUnserved(21, VhostUserHeader.NeedsReply, [], theirs.Number);
            fixture.Guest.Serve();
            Assert.Equal(new byte[8], fixture.Guest.Answer(21));
        }
    }

    [Fact]
    public void A_descriptor_in_the_middle_of_a_message_stops_the_device()
    {
        using DeviceFixture fixture = DeviceFixture.NewNet();
        byte[] message = MockGuest.Message(2, VhostUserHeader.NeedsReply, new byte[8]);
        fixture.Guest.Raw(message.AsSpan(0, 10)).Raw(message.AsSpan(10), fixture.Guest.Memory.Number);
        Assert.Equal(VirtioRule.FileDescriptors, Assert.Single(fixture.Faults).Rule);
    }

    [Fact]
    public void A_second_back_channel_takes_the_place_of_the_first()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        Assert.Equal(0UL, fixture.Guest.OpenBackChannel());
        fixture.Guest.Describe(0, 0, Address + 0x80000, 2000, RingLayout.DeviceWritable).Offer(0, 0);
        Assert.True(fixture.Net.Deliver(new byte[60]));
        fixture.Clock.RunFlushes();
        Assert.Contains("call 0?", fixture.Log);
        Assert.Empty(fixture.Faults);
    }

    public static TheoryData<byte[]> WrongAnswers =>
    [
        MockGuest.Message(4, VhostUserHeader.Reply, new byte[4]),
        MockGuest.Message(4, VhostUserHeader.Plain, new byte[8]),
        MockGuest.Message(4, VhostUserHeader.NeedsReply, new byte[8]),
        MockGuest.Message(2, VhostUserHeader.Reply, new byte[8]),
        MockGuest.Message(1, VhostUserHeader.Reply, new byte[8]),
        [.. MockGuest.Message(4, VhostUserHeader.Reply, new byte[8]), .. MockGuest.Message(4, VhostUserHeader.Reply, new byte[8])],
    ];

    [Theory]
    [MemberData(nameof(WrongAnswers))]
    public void A_wrong_answer_to_a_call_stops_the_device(byte[] answer)
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet(answerLimitMilliseconds: 50);
        fixture.Guest.AnswerBytes = answer;
        fixture.Guest.Describe(0, 0, Address + 0x80000, 2000, RingLayout.DeviceWritable).Offer(0, 0);
        Assert.True(fixture.Net.Deliver(new byte[60]));
        fixture.Clock.RunFlushes();
        fixture.Guest.Serve();
        Assert.Equal("end", fixture.Log[^1]);
        Assert.True(Assert.Single(fixture.Faults).Rule is VirtioRule.Answer or VirtioRule.AnswerInTime);
    }

    [Fact]
    public void A_request_while_the_last_is_served_stops_the_device()
    {
        using DeviceFixture fixture = DeviceFixture.ReadyNet();
        fixture.Guest.Describe(1, 0, Address + 0x80000, 80).Offer(1, 0);
        fixture.Network.OnTransmit = () => fixture.Guest.Send(1, VhostUserHeader.Plain, []);
        fixture.Guest.Send(35, VhostUserHeader.NeedsReply, State(1, 0));
        Assert.Equal(VirtioRule.OneRequestAtATime, Assert.Single(fixture.Faults).Rule);
    }

    [Fact]
    public void A_guest_that_reads_nothing_is_given_up()
    {
        using DeviceFixture fixture = DeviceFixture.NewNet(answerLimitMilliseconds: 1);
        for (int i = 0; i < 100_000 && fixture.Faults.Count == 0; i++)
        {
            fixture.Guest.Send((uint)VhostUserRequest.GetFeatures, VhostUserHeader.Plain, []);
        }

        Assert.Equal(VirtioRule.PeerReads, Assert.Single(fixture.Faults).Rule);
    }

    [Fact]
    public void No_descriptor_of_a_guest_stays_open()
    {
        int before = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        foreach ((VirtioRule _, Action<MockGuest> lie) in s_lies.Values)
        {
            using DeviceFixture fixture = DeviceFixture.NewNet();
            fixture.Guest.Handshake();
            lie(fixture.Guest);
        }

        // Other tests run at the same time and have some open: a leak here would be one or more for each lie.
        Assert.InRange(Directory.GetFileSystemEntries("/proc/self/fd").Length, 0, before + (s_lies.Count / 2));
    }
}
