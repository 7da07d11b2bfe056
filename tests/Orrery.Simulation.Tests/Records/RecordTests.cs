using System.Text;
using Orrery.Simulation.Tests.Support;
using Xunit;

namespace Orrery.Simulation.Tests.Records;

public class RecordTests
{
    private readonly Simulator _simulator = new();
    private readonly List<string> _read = [];

    [Fact]
    public void Records_of_all_timelines_are_read_in_one_order_at_the_end_of_the_epoch()
    {
        _simulator.AddRecordReader(new Lines(_read));
        _simulator.EpochEnded += end => _read.Add($"end {end}");
        Timeline b = _simulator.AddTimeline("b");
        Timeline a = _simulator.AddTimeline("a");
        Origin first = _simulator.AddOrigin("first");
        Origin second = _simulator.AddOrigin("second");
        Write(b, second, 10, "one", "two");
        Write(a, first, 10, "same time, lower origin");
        Write(a, first, 5, "earlier");
        Write(b, second, 110, "next epoch");
        _simulator.Run(SimTime.FromSeconds(1));
        Assert.Equal(
            [
                "5ms first 0 earlier",
                "10ms first 1 same time, lower origin",
                "10ms second 0 one",
                "10ms second 1 two",
                "end 100ms",
                "110ms second 2 next epoch",
                "end 200ms",
            ],
            _read);
    }

    [Fact]
    public void A_record_made_when_an_epoch_has_ended_is_read_too()
    {
        _simulator.AddRecordReader(new Lines(_read));
        Timeline timeline = _simulator.AddTimeline("a");
        Origin origin = _simulator.AddOrigin("o");
        _simulator.EpochEnded += _ => timeline.Record(origin, RecordKind.LifeCycle, "dropped"u8);
        Write(timeline, origin, 10, "x");
        _simulator.Run(SimTime.FromSeconds(1));
        Assert.Equal(["10ms o 0 x", "100ms o 1 dropped"], _read);
    }

    private static void Write(Timeline timeline, Origin origin, ulong milliseconds, params string[] texts) =>
        timeline.Schedule(SimTime.FromMilliseconds(milliseconds), EventPriority.Processes, origin, new Do(t =>
        {
            foreach (string text in texts)
            {
                t.Record(origin, RecordKind.Log, Encoding.UTF8.GetBytes(text));
            }
        }));

    private sealed class Lines(List<string> lines) : IRecordReader
    {
        public void Read(in RunRecord record) =>
            lines.Add($"{record.Time} {record.Source} {record.Sequence} {Encoding.UTF8.GetString(record.Payload)}");
    }
}
