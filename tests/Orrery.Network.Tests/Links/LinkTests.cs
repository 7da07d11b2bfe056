using Orrery.Simulation;
using Xunit;

namespace Orrery.Network.Tests.Links;

public class LinkTests
{
    private static (Bench Bench, Station A, Station B) Pair(SimDuration delay, bool apart = true)
    {
        var bench = new Bench(apart);
        Station a = bench.AddStation("a");
        Station b = bench.AddStation("b");
        bench.Fabric.AddLink("a-b", a.Port, b.Port, delay);
        return (bench, a, b);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_frame_arrives_once_unchanged_after_the_delay(bool apart)
    {
        (Bench bench, Station a, Station b) = Pair(SimDuration.FromMilliseconds(5), apart);
        byte[] frame = TestFrame.Make(TestFrame.Station(2), TestFrame.Station(1), 1, 2, 3);
        a.SendAt(1_000, frame);
        bench.Run();
        Assert.Equal([new Delivery(5_001_000, Convert.ToHexString(frame))], b.Deliveries);
        Assert.Empty(a.Deliveries);
        Assert.Equal((1UL, 1UL, 0UL), (a.Port.SentCount, b.Port.ReceivedCount, a.Port.LostCount));
    }

    [Fact]
    public void Without_a_delay_a_frame_arrives_at_the_instant_it_was_sent()
    {
        (Bench bench, Station a, Station b) = Pair(SimDuration.Zero, apart: false);
        a.SendAt(7, TestFrame.Make(TestFrame.Station(2), TestFrame.Station(1)));
        bench.Run();
        Assert.Equal(7UL, Assert.Single(b.Deliveries).TimeNs);
    }

    [Fact]
    public void Without_a_delay_the_ends_must_share_a_timeline() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Pair(SimDuration.Zero, apart: true));

    [Fact]
    public void A_port_has_one_wire()
    {
        (Bench bench, Station a, _) = Pair(SimDuration.FromMilliseconds(1));
        Station c = bench.AddStation("c");
        Assert.Throws<ArgumentException>(() => bench.Fabric.AddLink("a-c", a.Port, c.Port, SimDuration.FromMilliseconds(1)));
        Assert.Throws<ArgumentException>(() => bench.Fabric.AddLink("c-c", c.Port, c.Port, SimDuration.FromMilliseconds(1)));
    }

    [Fact]
    public void A_frame_to_a_port_with_nobody_behind_it_is_lost()
    {
        (Bench bench, Station a, Station b) = Pair(SimDuration.FromMilliseconds(1));
        b.Port.Receiver = null;
        a.SendAt(0, TestFrame.Make(TestFrame.Station(2), TestFrame.Station(1)));
        bench.Run();
        Assert.Empty(b.Deliveries);
        Assert.Equal((0UL, 1UL), (b.Port.ReceivedCount, b.Port.LostCount));
    }

    [Theory]
    [InlineData(0, SendResult.TooShort)]
    [InlineData(Port.FrameSizeMin - 1, SendResult.TooShort)]
    [InlineData(Port.FrameSizeMin, SendResult.Sent)]
    [InlineData(Port.FrameSizeMax, SendResult.Sent)]
    [InlineData(Port.FrameSizeMax + 1, SendResult.TooLong)]
    public void A_frame_has_a_size(int size, SendResult expected)
    {
        (Bench bench, Station a, Station b) = Pair(SimDuration.FromMilliseconds(1));
        a.SendAt(0, new byte[size]);
        bench.Run();
        Assert.Equal(expected, Assert.Single(a.Results));
        Assert.Equal(expected == SendResult.Sent ? 1 : 0, b.Deliveries.Count);
    }

    [Fact]
    public void A_sender_whose_time_stands_still_fills_the_wire_and_no_more()
    {
        (Bench bench, Station a, Station b) = Pair(SimDuration.FromMilliseconds(1));
        var frame = new byte[Port.FrameSizeMax];
        int room = (int)(LinkEnd.BytesMax / frame.Length);
        for (int i = 0; i < room + 3; i++)
        {
            a.SendAt(5, frame);
        }

        a.SendAt(1_000_005, frame); // what was on the wire has arrived
        b.Port.Receiver = new Silent();
        bench.Run();
        Assert.Equal(Enumerable.Repeat(SendResult.Sent, room).Concat([SendResult.Lost, SendResult.Lost, SendResult.Lost, SendResult.Sent]), a.Results);
        Assert.Equal((3UL, (ulong)room + 1), (a.Port.LostCount, b.Port.ReceivedCount));
    }

    [Fact]
    public void A_steady_stream_allocates_nothing()
    {
        (Bench bench, Station a, Station b) = Pair(SimDuration.FromMicroseconds(10), apart: false);
        a.Port.Receiver = new Echo(a.Port);
        b.Port.Receiver = new Echo(b.Port);
        a.SendAt(0, new byte[98]);
        bench.Simulator.Run(SimTime.FromMilliseconds(100));
        long before = GC.GetAllocatedBytesForCurrentThread();
        bench.Simulator.Run(SimTime.FromMilliseconds(300));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000 * 8); // 20 000 frames; a run itself allocates a little
    }

    private sealed class Silent : IFrameReceiver
    {
        public void Receive(ReadOnlySpan<byte> frame) { }
    }

    private sealed class Echo(Port port) : IFrameReceiver
    {
        public void Receive(ReadOnlySpan<byte> frame) => port.Send(frame);
    }
}
