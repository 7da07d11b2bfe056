using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Lab.Checkpoints;
using Orrery.Lab.Files;
using Orrery.Lab.Records;
using Orrery.Simulation;
using Xunit;
using Xunit.Abstractions;

namespace Orrery.Lab.Tests.Checkpoints;

/// <summary>A lab that is saved in the middle of its run and resumed does what the run that was not interrupted does.</summary>
public sealed class CheckpointTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>ORRERY_CHECKPOINT_LABS=1000 takes that many random labs.</summary>
    private static readonly int Labs = int.Parse(Environment.GetEnvironmentVariable("ORRERY_CHECKPOINT_LABS") ?? "100", CultureInfo.InvariantCulture);

    /// <summary>Among so many, every kind of state comes up.</summary>
    private const int ManyLabs = 1000;

    private readonly LabRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void A_resumed_lab_is_the_lab_that_was_not_interrupted()
    {
        var coverage = new Coverage();
        Prop.ForAll(
        (from number in Gen.Choose(0, int.MaxValue)
         from place in Gen.Choose(0, 1_000_000)
         from manner in Gen.Choose(0, 3)
         select (lab: new RandomLab(number), place: place / 1e6, manner)).ToArbitrary(),
        test =>
        {
            LabDefinition lab = LabRuns.Parse(test.lab.Yaml);
            FinishedRun whole = _runs.Run(lab);
            SimTime time = PickTime(whole, test.place, test.manner);
            FinishedRun saved = _runs.Run(lab, time);
            Assert.Equal(whole.Comparable, saved.Comparable);
            byte[] checkpoint = saved.Checkpoint;
            coverage.Add(CheckpointFile.Read(checkpoint, out _)!);

            // Resumed and saved again at once it is the same, byte for byte: nothing was forgotten.
            FinishedRun resumed = _runs.Resume(checkpoint, time);
            Assert.Equal(whole.Comparable, resumed.Comparable);
            Assert.Equal(checkpoint, resumed.Checkpoint);
            Assert.Equal(whole.Files, resumed.Files);
            Assert.EndsWith(resumed.Output, whole.Output, StringComparison.Ordinal);
            _runs.Clear();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Labs));
        output.WriteLine(coverage.ToString());
        Assert.True(Labs < ManyLabs || !coverage.Missing.Any(), string.Join(", ", coverage.Missing));
    }

    /// <summary>Anywhere in the run; or where something happens, or a nanosecond beside it.</summary>
    private static SimTime PickTime(FinishedRun run, double place, int manner)
    {
        ulong end = run.Result.SimulatedNs;
        using RecordFileReader? records = RecordFileReader.Open(run.Folder.Records, out _);
        var times = new List<ulong>();
        while (manner > 0 && records!.Next() is { } record)
        {
            times.Add(record.Time.Nanoseconds);
        }

        ulong picked = times.Count == 0 ? (ulong)(place * end) : times[(int)(place * (times.Count - 1))] + (ulong)manner - 1;
        return SimTime.FromNanoseconds(Math.Min(picked, end));
    }
}
