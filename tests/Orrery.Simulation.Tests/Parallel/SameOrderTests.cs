using FsCheck;
using FsCheck.Fluent;
using Orrery.Simulation.Tests.Support;
using Xunit;

namespace Orrery.Simulation.Tests.Parallel;

public class SameOrderTests
{
    [Fact]
    public void The_same_happens_with_any_number_of_workers_and_timelines() => Prop.ForAll(
        (from plan in LabPlan.Generator
         from stop in Gen.Choose(0, 100_000)
         from modulus in Gen.Choose(1, 4)
         select (plan, stop: (ulong)stop, modulus)).ToArbitrary(),
        lab =>
        {
            string expected = RunLab(lab.plan, 1, node => node);
            return (expected == RunLab(lab.plan, 1, node => node % lab.modulus)).Label("merged timelines")
                .And((expected == RunLab(lab.plan, 2, node => node)).Label("2 workers"))
                .And((expected == RunLab(lab.plan, 3, node => node)).Label("3 workers"))
                .And((expected == RunLab(lab.plan, 2, node => node, lab.stop)).Label("2 workers, in two runs"));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(30));

    private static string RunLab(LabPlan plan, int workers, Func<int, int> timelineOf, ulong stop = 0)
    {
        using var digest = new RecordDigest();
        var lab = new RandomLab(plan, digest, workers, timelineOf);
        lab.Simulator.Run(SimTime.FromNanoseconds(stop));
        lab.RunToEnd();
        return digest.ToString();
    }
}
