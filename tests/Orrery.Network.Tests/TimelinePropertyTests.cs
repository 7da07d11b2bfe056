using FsCheck;
using FsCheck.Fluent;
using Orrery.Simulation;
using Xunit;

namespace Orrery.Network.Tests;

/// <summary>Nobody can tell from what arrives how stations are spread over timelines.</summary>
public class TimelinePropertyTests
{
    private const int StationCount = 6; // 0 and 1 on a link, the others on a segment; a frame's number is its payload

    private sealed record Send(int From, int To, int TimeUs, int ReplyCount);

    private sealed record Traffic(int LinkDelayUs, int SegmentDelayUs, Send[] Sends);

    private static Arbitrary<Traffic> AnyTraffic()
    {
        Gen<Send> send = from @from in Gen.Choose(0, StationCount - 1)
                         from to in Gen.Choose(0, StationCount) // one nobody has
                         from time in Gen.Choose(0, 40) // few instants, so that many events share one
                         from replies in Gen.Choose(0, 3)
                         select new Send(@from, to, time, replies);
        Gen<Traffic> traffic = from link in Gen.Choose(1, 20)
                               from segment in Gen.Choose(1, 20)
                               from sends in Gen.ArrayOf(send)
                               select new Traffic(link, segment, sends);
        return Arb.From(traffic, Shrink);
    }

    private static IEnumerable<Traffic> Shrink(Traffic traffic) =>
        Enumerable.Range(0, traffic.Sends.Length).Select(i => traffic with { Sends = [.. traffic.Sends.Where((_, j) => j != i)] });

    private static List<Delivery>[] Deliveries(Traffic traffic, bool apart, int workers = 1)
    {
        var bench = new Bench(apart, workers);
        Station[] stations = [.. Enumerable.Range(0, StationCount).Select(i => bench.AddStation($"s{i}"))];
        bench.Fabric.AddLink("link", stations[0].Port, stations[1].Port, SimDuration.FromMicroseconds((ulong)traffic.LinkDelayUs));
        bench.Fabric.AddSegment("lan", [.. stations[2..].Select(s => s.Port)], SimDuration.FromMicroseconds((ulong)traffic.SegmentDelayUs));
        foreach (Station station in stations)
        {
            station.Reply = Answer;
        }

        for (int i = 0; i < traffic.Sends.Length; i++)
        {
            Send send = traffic.Sends[i];
            byte[] frame = TestFrame.Make(TestFrame.Station(send.To), TestFrame.Station(send.From), (byte)i, (byte)send.ReplyCount);
            stations[send.From].SendAt((ulong)send.TimeUs * 1_000, frame);
        }

        bench.Run();
        return [.. stations.Select(s => s.Deliveries)];
    }

    /// <summary>Sends a frame back to where it came from as often as its last byte says.</summary>
    private static void Answer(Station station, byte[] frame)
    {
        byte left = frame[^1];
        if (left > 0)
        {
            station.Port.Send(TestFrame.Make(MacAddress.Read(frame.AsSpan(6)), MacAddress.Read(frame), frame[^2], (byte)(left - 1)));
        }
    }

    [Fact]
    public void Same_deliveries_on_one_timeline_and_on_many() =>
        Prop.ForAll(AnyTraffic(), traffic =>
        {
            List<Delivery>[] together = Deliveries(traffic, apart: false);
            return AreEqual(together, Deliveries(traffic, apart: true)) && AreEqual(together, Deliveries(traffic, apart: true, workers: 2));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static bool AreEqual(List<Delivery>[] left, List<Delivery>[] right) => left.Zip(right).All(pair => pair.First.SequenceEqual(pair.Second));

    [Fact]
    public void What_is_sent_on_a_link_arrives_in_order_at_its_time() =>
        Prop.ForAll(AnyTraffic(), traffic =>
        {
            Traffic oneWay = traffic with { Sends = [.. traffic.Sends.Where(s => s.From == 0).Select(s => s with { ReplyCount = 0 })] };
            ulong delay = (ulong)traffic.LinkDelayUs * 1_000;
            // Sends of one instant happen in the order in which they were scheduled.
            IEnumerable<ulong> expected = oneWay.Sends.OrderBy(s => s.TimeUs).Select(s => (ulong)s.TimeUs * 1_000 + delay);
            return Deliveries(oneWay, apart: true)[1].Select(d => d.TimeNs).SequenceEqual(expected);
        }).Check(Config.QuickThrowOnFailure);
}
