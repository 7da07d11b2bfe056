using FsCheck;
using FsCheck.Fluent;
using Orrery.Lab.Records;
using Orrery.Simulation;
using Xunit;

namespace Orrery.Lab.Tests.Records;

public sealed class RunComparisonTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-diff").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static readonly Happening[] Run =
    [
        Happening.Life(0, "a", "started"),
        Happening.Life(0, "b", "started"),
        Happening.Frame(10, "a.eth0", 1),
        Happening.Frame(20, "b.eth0", 2),
        Happening.Console(25, "a", "one\ntwo\n"),
        Happening.Frame(30, "a.eth0", 3),
        Happening.Frame(40, "b.eth0", 4),
        Happening.Life(50, "a", "exited 0"),
    ];

    private RunDifference? Compare(IEnumerable<Happening> left, IEnumerable<Happening> right, bool cutLeft = false, bool cutRight = false)
    {
        using RecordFileReader l = Write("left", left, cutLeft);
        using RecordFileReader r = Write("right", right, cutRight);
        var comparison = new RunComparison(l);
        while (!comparison.IsDecided && r.Next() is { } record)
        {
            comparison.Add(record);
        }

        return comparison.Finish(r.IsCutOff);
    }

    private RecordFileReader Write(string name, IEnumerable<Happening> run, bool cut)
    {
        string path = Path.Combine(_folder, name);
        RecordBench.Write(path, run);
        if (cut)
        {
            File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);
        }

        return RecordFileReader.Open(path, out _)!;
    }

    private static Happening[] Replace(int index, params Happening[] with) => [.. Run[..index], .. with, .. Run[(index + 1)..]];

    [Fact]
    public void Equal_runs_have_no_difference()
    {
        Assert.Null(Compare(Run, Run));
        Assert.Null(Compare(Run, [.. Run, new Happening(31, "a", RecordKind.Log, [1])]));
    }

    [Fact]
    public void A_changed_frame_is_found_with_what_came_before()
    {
        RunDifference difference = Compare(Run, Replace(5, Happening.Frame(30, "a.eth0", 7)))!;
        Assert.Equal((30UL, "frames a.eth0"), (difference.Time.Nanoseconds, difference.Stream));
        Assert.Equal([3], difference.Left!.Payload);
        Assert.Equal([7], difference.Right!.Payload);
        Assert.Equal(["a", "b"], difference.Before.Select(b => b.Node));
        Assert.Equal([0, 10, 25], difference.Before[0].Records.Select(r => (int)r.Time.Nanoseconds));
        Assert.Equal([0, 20], difference.Before[1].Records.Select(r => (int)r.Time.Nanoseconds));
    }

    [Fact]
    public void A_frame_at_another_time_is_shown_with_both_times()
    {
        RunDifference later = Compare(Run, Replace(5, Happening.Frame(33, "a.eth0", 3)))!;
        Assert.Equal((30UL, 30UL, 33UL), (later.Time.Nanoseconds, later.Left!.Time.Nanoseconds, later.Right!.Time.Nanoseconds));
        RunDifference earlier = Compare(Run, Replace(5, Happening.Frame(27, "a.eth0", 3)))!;
        Assert.Equal((27UL, 30UL, 27UL), (earlier.Time.Nanoseconds, earlier.Left!.Time.Nanoseconds, earlier.Right!.Time.Nanoseconds));
    }

    [Fact]
    public void A_frame_too_many_or_too_few_is_a_difference()
    {
        RunDifference more = Compare(Run, [.. Run, Happening.Frame(60, "b.eth0", 5)])!;
        Assert.Equal((60UL, null), (more.Time.Nanoseconds, more.Left));
        RunDifference fewer = Compare([.. Run, Happening.Frame(60, "b.eth0", 5)], Run)!;
        Assert.Equal((60UL, null), (fewer.Time.Nanoseconds, fewer.Right));
    }

    [Fact]
    public void A_run_that_was_killed_differs_only_in_what_it_has()
    {
        Assert.Null(Compare(Run, Run[..4], cutRight: true));
        Assert.Null(Compare(Run[..4], Run, cutLeft: true));
        Assert.Null(Compare(Run, Run[..1], cutRight: true)); // in the middle of an instant
        Assert.Null(Compare(Run[..1], Run, cutLeft: true));
        Assert.NotNull(Compare(Run, Run[..4]));
        Assert.NotNull(Compare(Run[..4], Run));
        Assert.Equal(10UL, Compare(Run, Replace(2, Happening.Frame(10, "a.eth0", 9))[..5], cutRight: true)!.Time.Nanoseconds);
    }

    [Fact]
    public void A_run_that_is_going_on_is_compared_with_a_recorded_one()
    {
        using RecordFileReader recorded = Write("left", Run, cut: false);
        var comparison = new RunComparison(recorded);
        RecordBench.Run(Replace(5, Happening.Frame(30, "a.eth0", 7)), apart: true, new ComparingReader(comparison));
        Assert.True(comparison.IsDecided);
        Assert.Equal(30UL, comparison.Finish(rightIsCutOff: true)!.Time.Nanoseconds);
    }

    [Fact]
    public void Consoles_are_compared_byte_by_byte()
    {
        Assert.Null(Compare(Run, Replace(4, Happening.Console(25, "a", "one\nt"), Happening.Console(45, "a", "wo\n"))));
        RunDifference changed = Compare(Run, Replace(4, Happening.Console(25, "a", "one\ntop\n")))!;
        Assert.Equal("console a", changed.Stream);
        Assert.Equal(("two\n", "top\n"), (Text(changed.Left!), Text(changed.Right!)));
        RunDifference shorter = Compare(Run, Replace(4, Happening.Console(25, "a", "one\n")))!;
        Assert.Equal(("console a", "two\n", null), (shorter.Stream, Text(shorter.Left!), shorter.Right));
    }

    [Fact]
    public void Everything_that_differs_at_the_first_instant_is_named()
    {
        RunDifference difference = Compare(
            [Happening.Frame(1, "a.eth0", 1), Happening.Frame(1, "b.eth0", 1), Happening.Life(1, "b", "x")],
            [Happening.Frame(1, "a.eth0", 2), Happening.Frame(1, "b.eth0", 2), Happening.Life(1, "b", "x")])!;
        Assert.Equal("frames a.eth0", difference.Stream);
        Assert.Equal(["frames b.eth0"], difference.Others);
    }

    private static Arbitrary<Happening[]> AnyRun()
    {
        Gen<Happening> any = from time in Gen.Choose(0, 30)
                             from source in Gen.Elements("a", "a.eth0", "b", "b.eth0")
                             from kind in Gen.Elements(RecordKind.Frame, RecordKind.LifeCycle)
                             from payload in Gen.Choose(0, 3)
                             select new Happening((ulong)time, source, kind, [(byte)payload]);
        return Arb.From(Gen.ArrayOf(any));
    }

    [Fact]
    public void The_difference_is_the_first_one() =>
        Prop.ForAll(AnyRun(), AnyRun(), (left, right) =>
        {
            RunDifference? difference = Compare(left, right);
            ulong? expected = FirstDifference(left, right);
            return difference?.Time.Nanoseconds == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    /// <summary>The first instant at which the sequences of some stream differ.</summary>
    private static ulong? FirstDifference(Happening[] left, Happening[] right)
    {
        static string At(Happening[] run, ulong time) => string.Join(';', run.Where(h => h.TimeNs == time)
            .GroupBy(h => (h.Kind, h.Source)).OrderBy(g => g.Key.Source, StringComparer.Ordinal).ThenBy(g => g.Key.Kind)
            .Select(g => $"{g.Key}:{string.Join(',', g.Select(h => h.Payload[0]))}"));
        for (ulong time = 0; time <= 30; time++)
        {
            if (At(left, time) != At(right, time))
            {
                return time;
            }
        }

        return null;
    }

    private static string Text(StoredRecord record) => System.Text.Encoding.UTF8.GetString(record.Payload);
}
