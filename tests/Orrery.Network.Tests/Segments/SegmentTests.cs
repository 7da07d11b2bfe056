using Orrery.Simulation;
using Xunit;

namespace Orrery.Network.Tests.Segments;

public class SegmentTests
{
    private const ulong Ms = 1_000_000;

    private static (Bench Bench, Station[] Stations) Lan(int count, SimDuration delay, bool apart = true)
    {
        var bench = new Bench(apart);
        Station[] stations = [.. Enumerable.Range(0, count).Select(i => bench.AddStation($"s{i}"))];
        bench.Fabric.AddSegment("lan", [.. stations.Select(s => s.Port)], delay);
        return (bench, stations);
    }

    private static byte[] Frame(int to, int from) => TestFrame.Make(TestFrame.Station(to), TestFrame.Station(from));

    private static int[] Counts(Station[] stations) => [.. stations.Select(s => s.Deliveries.Count)];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Frames_to_strangers_and_to_groups_go_to_everybody_else(bool apart)
    {
        (Bench bench, Station[] s) = Lan(4, SimDuration.FromMilliseconds(1), apart);
        s[0].SendAt(0, Frame(99, 0));
        s[1].SendAt(0, TestFrame.Make(MacAddress.Broadcast, TestFrame.Station(1)));
        s[2].SendAt(0, TestFrame.Make(new MacAddress(0x3333_0000_0001), TestFrame.Station(2)));
        bench.Run();
        Assert.Equal([2, 2, 2, 3], Counts(s));
    }

    [Fact]
    public void Frames_to_a_known_station_go_there_only()
    {
        (Bench bench, Station[] s) = Lan(4, SimDuration.FromMilliseconds(1));
        s[3].SendAt(0, Frame(99, 3));
        s[0].SendAt(2 * Ms, Frame(3, 0));
        s[3].SendAt(4 * Ms, Frame(0, 3));
        bench.Run();
        Assert.Equal([2, 1, 1, 1], Counts(s));
    }

    [Fact]
    public void A_frame_to_a_station_behind_its_own_port_goes_nowhere()
    {
        (Bench bench, Station[] s) = Lan(3, SimDuration.FromMilliseconds(1));
        s[0].SendAt(0, Frame(99, 7));
        s[0].SendAt(2 * Ms, Frame(7, 8));
        bench.Run();
        Assert.Equal([0, 1, 1], Counts(s));
    }

    [Fact]
    public void A_station_that_moves_is_found_at_its_new_port()
    {
        (Bench bench, Station[] s) = Lan(3, SimDuration.FromMilliseconds(1));
        s[1].SendAt(0, Frame(99, 7));
        s[2].SendAt(2 * Ms, Frame(99, 7));
        s[0].SendAt(4 * Ms, Frame(7, 0));
        bench.Run();
        Assert.Equal([2, 1, 2], Counts(s));
    }

    [Fact]
    public void A_station_not_seen_for_five_minutes_is_forgotten()
    {
        (Bench bench, Station[] s) = Lan(3, SimDuration.FromMilliseconds(1));
        s[1].SendAt(0, Frame(99, 1));
        s[0].SendAt(299_999 * Ms, Frame(1, 0));
        s[0].SendAt(300_001 * Ms, Frame(1, 0));
        bench.Run();
        Assert.Equal([1, 2, 2], Counts(s));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1_000_001)]
    public void Both_halves_make_up_the_delay_exactly(ulong delayNs)
    {
        (Bench bench, Station[] s) = Lan(2, SimDuration.FromNanoseconds(delayNs));
        s[0].SendAt(10, Frame(1, 0));
        bench.Run();
        Assert.Equal(10 + delayNs, Assert.Single(s[1].Deliveries).TimeNs);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Shorter_delays_need_one_timeline(ulong delayNs)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Lan(2, SimDuration.FromNanoseconds(delayNs)));
        (Bench bench, Station[] s) = Lan(2, SimDuration.FromNanoseconds(delayNs), apart: false);
        s[0].SendAt(10, Frame(1, 0));
        bench.Run();
        Assert.Equal(10 + delayNs, Assert.Single(s[1].Deliveries).TimeNs);
    }

    [Fact]
    public void The_switch_is_on_the_timeline_of_its_ports_if_they_share_one()
    {
        (Bench together, _) = Lan(3, SimDuration.FromMilliseconds(1), apart: false);
        Assert.Single(together.Simulator.Timelines);
        (Bench apart, _) = Lan(3, SimDuration.FromMilliseconds(1));
        Assert.Equal(4, apart.Simulator.Timelines.Count);
    }

    [Fact]
    public void A_full_table_floods_and_forgets_the_old_ones()
    {
        var table = new MacTable();
        for (int i = 0; i < MacTable.CountMax; i++)
        {
            table.Learn(TestFrame.Station(i), 1, SimTime.FromSeconds((ulong)(i % 2)));
        }

        MacAddress late = TestFrame.Station(MacTable.CountMax);
        table.Learn(late, 2, SimTime.FromSeconds(2));
        Assert.Equal(-1, table.Find(late, SimTime.FromSeconds(2)));
        table.Learn(TestFrame.Station(0), 3, SimTime.FromSeconds(2)); // a known one may still move
        Assert.Equal(3, table.Find(TestFrame.Station(0), SimTime.FromSeconds(2)));
        table.Learn(late, 2, SimTime.FromSeconds(300));
        Assert.Equal(2, table.Find(late, SimTime.FromSeconds(300)));
        Assert.Equal(-1, table.Find(TestFrame.Station(2), SimTime.FromSeconds(300)));
        Assert.Equal(1, table.Find(TestFrame.Station(1), SimTime.FromSeconds(300)));
    }
}
