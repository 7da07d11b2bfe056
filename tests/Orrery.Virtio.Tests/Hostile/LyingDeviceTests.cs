using Orrery.Posix;
using Xunit;

namespace Orrery.Virtio.Tests;

/// <summary>A device that lies to our driver: the driver stops with the rule that was broken, and its machine goes on.</summary>
public class LyingDeviceTests
{
    private const int Buffers = 4;

    private static readonly byte[] s_frame = new byte[60];

    private static byte[] Reply(VhostUserRequest request, ReadOnlySpan<byte> payload, uint flags = VhostUserHeader.Reply)
        => MockGuest.Message((uint)request, flags, payload);

    /// <summary>What the device answers to one request of the handshake or to the first kick.</summary>
    private static readonly Dictionary<string, (VirtioRule Rule, VhostUserRequest Request, byte[] Answer)> s_answers = new()
    {
        ["another request"] = (VirtioRule.Answer, VhostUserRequest.GetFeatures, Reply(VhostUserRequest.SetFeatures, new byte[8])),
        ["no reply flag"] = (VirtioRule.Answer, VhostUserRequest.GetFeatures, Reply(VhostUserRequest.GetFeatures, new byte[8], 1)),
        ["flags of a request"] = (VirtioRule.Answer, VhostUserRequest.VringKick, Reply(VhostUserRequest.VringKick, new byte[8], 9)),
        ["another version"] = (VirtioRule.MessageHeader, VhostUserRequest.VringKick, Reply(VhostUserRequest.VringKick, new byte[8], 6)),
        ["a short number"] = (VirtioRule.Answer, VhostUserRequest.SetVringBase, Reply(VhostUserRequest.SetVringBase, new byte[4])),
        ["a long number"] = (VirtioRule.Answer, VhostUserRequest.SetVringBase, Reply(VhostUserRequest.SetVringBase, new byte[16])),
        ["a refusal"] = (VirtioRule.Answer, VhostUserRequest.SetMemoryTable, Reply(VhostUserRequest.SetMemoryTable, MockGuest.Number(1))),
        ["too much"] = (VirtioRule.MessageHeader, VhostUserRequest.SetOwner, [1, 0, 0, 0, 5, 0, 0, 0, 255, 255, 255, 255]),
        ["unasked"] = (VirtioRule.Answer, VhostUserRequest.SetOwner, Reply(VhostUserRequest.SetOwner, new byte[8])),
        ["two answers"] = (
            VirtioRule.Answer,
            VhostUserRequest.VringKick,
            [.. Reply(VhostUserRequest.VringKick, new byte[8]), .. Reply(VhostUserRequest.VringKick, new byte[8])]),
        ["half an answer, then nothing"] = (VirtioRule.AnswerInTime, VhostUserRequest.VringKick, [35, 0, 0, 0, 5, 0]),
        ["nothing"] = (VirtioRule.AnswerInTime, VhostUserRequest.SetFeatures, []),
        ["a configuration of another size"] = (
            VirtioRule.ConfigurationRange, VhostUserRequest.GetConfiguration, Reply(VhostUserRequest.GetConfiguration, new byte[13])),
        ["a configuration that says another size"] = (
            VirtioRule.ConfigurationRange, VhostUserRequest.GetConfiguration, Reply(VhostUserRequest.GetConfiguration, new byte[24])),
    };

    /// <summary>What the device does inside the first kick of the transmit ring, where one buffer is lent.</summary>
    private static readonly Dictionary<string, (VirtioRule Rule, Action<MockDevice> Lie)> s_ringLies = new()
    {
        ["used index jumps"] = (VirtioRule.UsedIndex, device => device.Rings[1].UsedIndex = 2),
        ["used index goes back"] = (VirtioRule.UsedIndex, device => device.Rings[1].UsedIndex = 0xffff),
        ["a buffer outside the table"] = (VirtioRule.UsedBuffer, device => device.Use(1, Buffers, 0)),
        ["a buffer far outside the table"] = (VirtioRule.UsedBuffer, device => device.Use(1, uint.MaxValue, 0)),
        ["a buffer that was not lent"] = (VirtioRule.UsedBuffer, device => device.Use(1, 3, 0)),
        ["bytes written to a buffer that is only readable"] = (VirtioRule.UsedLength, device => device.Use(1, 0, 1)),
    };

    /// <summary>What the device writes to the back channel.</summary>
    private static readonly Dictionary<string, (VirtioRule Rule, byte[] Message)> s_calls = new()
    {
        ["a ring that is not there"] = (VirtioRule.RingIndex, MockGuest.Message(4, 9, MockGuest.State(2, 0))),
        ["flags of an answer"] = (VirtioRule.MessageHeader, MockGuest.Message(4, 5, MockGuest.State(0, 0))),
        ["no payload"] = (VirtioRule.PayloadSize, MockGuest.Message(4, 9, [])),
        ["a change with payload"] = (VirtioRule.PayloadSize, MockGuest.Message(2, 9, new byte[8])),
        ["another version"] = (VirtioRule.MessageHeader, MockGuest.Message(4, 0, MockGuest.State(0, 0))),
    };

    public static TheoryData<string> Answers => [.. s_answers.Keys];

    public static TheoryData<string> RingLies => [.. s_ringLies.Keys];

    public static TheoryData<string> Calls => [.. s_calls.Keys];

    [Theory]
    [MemberData(nameof(Answers))]
    public void A_wrong_answer_stops_the_driver(string name)
    {
        using var lab = new Lab(answerLimitMilliseconds: 20);
        (VirtioRule rule, VhostUserRequest request, byte[] answer) = s_answers[name];
        lab.Device.Answer = asked => asked == request ? answer : null;
        lab.Start();
        lab.Net.TrySend(s_frame);
        lab.Serve();
        Assert.Equal(rule, Assert.Single(lab.Machine.Lost)!.Rule);
        Assert.Equal(TransportState.Faulted, lab.Driver.State);
        Assert.False(lab.Net.TrySend(s_frame));
    }

    [Theory]
    [MemberData(nameof(RingLies))]
    public void A_lying_ring_stops_the_driver(string name)
    {
        using var lab = new Lab();
        (VirtioRule rule, Action<MockDevice> lie) = s_ringLies[name];
        lab.Start();
        lab.Device.OnKick = ring => { if (ring == 1) lie(lab.Device); };
        Assert.True(lab.Net.TrySend(s_frame));
        Assert.False(lab.Net.TrySend(s_frame));
        Assert.Equal(rule, Assert.Single(lab.Machine.Lost)!.Rule);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_wrong_call_stops_the_driver(string name)
    {
        using var lab = new Lab();
        lab.Start();
        (VirtioRule rule, byte[] message) = s_calls[name];
        UnixSocket.Send(lab.Device.BackChannel, message);
        lab.Serve();
        Assert.Equal(rule, Assert.Single(lab.Machine.Lost)!.Rule);
    }

    [Fact]
    public void More_bytes_than_a_receive_buffer_holds_stop_the_driver()
    {
        using var lab = new Lab();
        lab.Start();
        lab.Device.Use(0, 0, 4000).Call(0);
        lab.Serve();
        lab.Driver.HandleInterrupt();
        Assert.Equal(VirtioRule.UsedLength, Assert.Single(lab.Machine.Lost)!.Rule);
        Assert.Empty(lab.Machine.Frames);
    }

    [Fact]
    public void A_buffer_that_comes_back_twice_stops_the_driver_though_it_is_about_to_be_lent_again()
    {
        using var lab = new Lab();
        lab.Start();
        lab.Device.Use(0, 0, 72).Use(0, 0, 72).Call(0);
        lab.Serve();
        lab.Driver.HandleInterrupt();
        Assert.Equal(VirtioRule.UsedBuffer, Assert.Single(lab.Machine.Lost)!.Rule);
        Assert.Single(lab.Machine.Frames);
    }

    [Fact]
    public void A_buffer_may_stay_with_the_device_for_ever()
    {
        using var lab = new Lab();
        lab.Start();
        for (int i = 0; i < 70_000; i++)
        {
            lab.Device.Use(0, 1 + ((uint)i % (Buffers - 1)), 72).Call(0);
            lab.Serve();
            lab.Driver.HandleInterrupt();
        }

        lab.Device.Use(0, 0, 72).Call(0);
        lab.Serve();
        lab.Driver.HandleInterrupt();
        Assert.Equal(70_001, lab.Machine.Frames.Count);
        Assert.Empty(lab.Machine.Lost);
    }

    [Fact]
    public void A_device_that_goes_on_filling_buffers_is_stopped()
    {
        using var lab = new Lab();
        lab.Start();
        lab.Device.Use(0, 0, 72).Call(0);
        lab.Serve();
        lab.Machine.OnFrame = _ => lab.Device.Use(0, lab.Device.Rings[0].UsedEntry(0).Id, 72);
        lab.Driver.HandleInterrupt();
        Assert.NotEqual(TransportState.Connected, lab.Driver.State);
        Assert.InRange(lab.Machine.Frames.Count, 1, 2 * Buffers);
    }

    [Fact]
    public void An_unknown_notification_is_refused_and_nothing_more()
    {
        using var lab = new Lab();
        lab.Start();
        UnixSocket.Send(lab.Device.BackChannel, MockGuest.Message(3, VhostUserHeader.NeedsReply, new byte[20]));
        lab.Serve();
        var answer = new byte[20];
        Assert.Equal(20, UnixSocket.Receive(lab.Device.BackChannel, answer, wait: false));
        Assert.Equal(MockGuest.Message(3, VhostUserHeader.Reply, MockGuest.Number(1)), answer);
        Assert.True(lab.Net.TrySend(s_frame));
    }

    [Fact]
    public void A_call_is_on_the_calendar_before_it_is_answered()
    {
        using var lab = new Lab();
        lab.Start();
        UnixSocket.Send(lab.Device.BackChannel, MockGuest.Message(4, VhostUserHeader.NeedsReply, MockGuest.State(0, 0)));
        bool answered = true;
        lab.Machine.OnInterrupt = () => answered = lab.Device.BackChannel.WaitReadable(0);
        lab.Serve();
        Assert.False(answered);
        Assert.True(lab.Device.BackChannel.WaitReadable(0));
    }

    [Fact]
    public void A_device_without_notifications_in_band_is_refused()
    {
        using var lab = new Lab();
        lab.Device.ProtocolFeatures = 0x228;
        Assert.False(lab.TryStart());
        Assert.Equal(VirtioRule.Features, Assert.Single(lab.Machine.Lost)!.Rule);
    }

    [Fact]
    public void A_device_of_before_version_1_is_driven_with_its_short_header()
    {
        using var lab = new Lab();
        lab.Device.Features = (ulong)VirtioFeatures.ProtocolFeatures;
        lab.Device.ProtocolFeatures = 0x4428 & ~0x200UL;
        lab.Start();
        lab.Device.Use(0, 0, 70).Call(0);
        lab.Serve();
        lab.Driver.HandleInterrupt();
        Assert.Equal(60, Assert.Single(lab.Machine.Frames).Length);
        Assert.Equal([2, 9, 9, 9, 9, 9], lab.Net.Address.ToArray());
    }

    private sealed class Lab : IDisposable
    {
        public Lab(int answerLimitMilliseconds = 10_000)
        {
            Machine = new FakeMachine([]);
            (FileDescriptor mine, FileDescriptor theirs) = UnixSocket.CreatePair();
            Device = new MockDevice(theirs, Reactor);
            Driver = new VhostUserDriver("machine.eth0", mine, Machine, Reactor, answerLimitMilliseconds);
            Net = new VirtioNetDriver(
                new NetworkDriverOptions { ReceiveBuffers = Buffers, TransmitBuffers = Buffers, Address = new byte[] { 2, 9, 9, 9, 9, 9 } },
                Machine);
        }

        public Reactor Reactor { get; } = new();

        public FakeMachine Machine { get; }

        public MockDevice Device { get; }

        public VhostUserDriver Driver { get; }

        public VirtioNetDriver Net { get; }

        public bool TryStart() => Driver.TryStart(Net);

        public void Start() => _ = TryStart();

        public void Serve()
        {
            while (Reactor.RunOnce(0))
            {
            }
        }

        public void Dispose()
        {
            Driver.Dispose();
            Device.Dispose();
            Reactor.Dispose();
        }
    }
}
