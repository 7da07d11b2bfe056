using FsCheck;
using FsCheck.Fluent;
using Orrery.Machines.Stack;

namespace Orrery.Machines.Tests.Stack;

public class NetworkStackTests
{
    private readonly StackPair _pair = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_neighbour_is_asked_for_once_and_then_answers_echoes(bool v6)
    {
        IpAddress right = v6 ? _pair.Right.V6 : _pair.Right.V4;
        for (ushort i = 0; i < 3; i++)
        {
            Assert.True(_pair.Left.Stack.SendEchoRequest(right, 7, i, "payload"u8));
            _pair.Settle();
        }

        Assert.Equal(2 + 6, _pair.Sent.Count); // request and answer of the neighbour, then three echoes
        Assert.Equal([0, 1, 2], _pair.Left.EchoReplies.Select(reply => (int)reply.Sequence));
        Assert.All(_pair.Left.EchoReplies, reply => Assert.Equal((right, "payload"), (reply.Source, System.Text.Encoding.ASCII.GetString(reply.Payload))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_datagram_reaches_its_port_and_a_closed_one_is_said_to_be(bool v6)
    {
        IpAddress right = v6 ? _pair.Right.V6 : _pair.Right.V4;
        _pair.Right.ListensAt = 53;
        Assert.True(_pair.Left.Stack.SendDatagram(right, 1000, 53, "question"u8));
        Assert.True(_pair.Left.Stack.SendDatagram(right, 1000, 54, "nobody"u8));
        _pair.Settle();
        Assert.Equal((ushort)1000, Assert.Single(_pair.Right.Datagrams).Port);
        Assert.Equal(right, Assert.Single(_pair.Left.Unreachable));
    }

    [Fact]
    public void A_neighbour_that_never_answers_is_asked_three_times_and_given_up()
    {
        _pair.Cut = true;
        _pair.Left.Stack.SendEchoRequest(_pair.Right.V4, 7, 0, []);
        _pair.Pass(10_000_000_000);
        Assert.Equal(3, _pair.Sent.Count);
        Assert.Equal(_pair.Right.V4, Assert.Single(_pair.Left.Unreachable));
        _pair.Cut = false;
        _pair.Left.Stack.SendEchoRequest(_pair.Right.V4, 7, 1, []);
        _pair.Settle();
        Assert.Single(_pair.Left.EchoReplies);
    }

    [Fact]
    public void An_old_neighbour_is_used_while_it_is_asked_for_and_forgotten_when_it_is_silent()
    {
        _pair.Left.Stack.SendEchoRequest(_pair.Right.V4, 7, 0, []);
        _pair.Settle();
        _pair.Pass(61_000_000_000);
        _pair.Sent.Clear();
        _pair.Left.Stack.SendEchoRequest(_pair.Right.V4, 7, 1, []);
        Assert.Equal(2, _pair.Sent.Count); // the echo at once, and the question
        _pair.Settle();
        Assert.Equal(2, _pair.Left.EchoReplies.Count);
        _pair.Cut = true;
        _pair.Pass(61_000_000_000);
        _pair.Left.Stack.SendEchoRequest(_pair.Right.V4, 7, 2, []);
        _pair.Pass(10_000_000_000);
        Assert.Equal(_pair.Right.V4, Assert.Single(_pair.Left.Unreachable));
    }

    [Fact]
    public void Packets_wait_for_the_neighbour_up_to_a_limit()
    {
        for (ushort i = 0; i < 20; i++)
        {
            _pair.Left.Stack.SendEchoRequest(_pair.Right.V4, 7, i, []);
        }

        _pair.Settle();
        Assert.Equal(Enumerable.Range(12, 8), _pair.Left.EchoReplies.Select(reply => (int)reply.Sequence));
    }

    [Fact]
    public void What_does_not_fit_or_leads_nowhere_is_refused()
    {
        Assert.False(_pair.Left.Stack.SendEchoRequest(_pair.Right.V4, 1, 1, new byte[1473]));
        Assert.True(_pair.Left.Stack.SendEchoRequest(_pair.Right.V4, 1, 1, new byte[1472]));
        Assert.False(_pair.Left.Stack.SendDatagram(IpAddress.From(System.Net.IPAddress.Parse("192.0.2.1")), 1, 1, []));
    }

    [Fact]
    public void Damaged_frames_are_dropped_and_never_answered_wrongly()
    {
        _pair.Right.ListensAt = 53;
        _pair.Left.Stack.SendEchoRequest(_pair.Right.V6, 7, 1, "payload"u8);
        _pair.Left.Stack.SendDatagram(_pair.Right.V4, 1000, 53, "question"u8);
        _pair.Settle();
        byte[][] good = [.. _pair.Sent];
        Prop.ForAll(
            Gen.Elements(good).ToArbitrary(),
            ArbMap.Default.ArbFor<NonNegativeInt>(),
            ArbMap.Default.ArbFor<byte>(),
            (frame, place, value) =>
            {
                byte[] damaged = [.. frame];
                damaged[place.Get % damaged.Length] = value;
                _pair.Right.Stack.Receive(0, damaged);
                _pair.Right.Stack.Receive(0, damaged.AsSpan(0, place.Get % damaged.Length));
                _pair.Settle();
                // One changed byte is what a checksum catches: nothing but the true payload ever comes through.
                return _pair.Right.Datagrams.All(datagram => datagram.Payload.AsSpan().SequenceEqual("question"u8))
                    && _pair.Left.EchoReplies.All(reply => reply.Payload.AsSpan().SequenceEqual("payload"u8));
            }).QuickCheckThrowOnFailure();
        Assert.True(_pair.Right.Stack.DroppedFrames > 0);
    }

    [Theory]
    [InlineData("10.0.0.1", true)]
    [InlineData("fd00::1", false)]
    public void An_address_is_written_as_it_is_read(string text, bool v4)
    {
        IpAddress address = IpAddress.From(System.Net.IPAddress.Parse(text));
        Assert.Equal(v4, address.IsV4);
        Assert.Equal(text, address.ToString());
    }
}
