using Orrery.Interrupts.Conformance.Comparison;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Xunit;

namespace Orrery.Interrupts.Tests.Conformance;

/// <summary>What real KVM did, replayed against the models: everything of the comparison but the live run.</summary>
public class GoldenTraceTests
{
    public static TheoryData<string> Scenarios => GoldenFiles.Theory("Scenarios");

    public static TheoryData<string> Deviations => GoldenFiles.Theory("Deviations");

    public static TheoryData<string> Random => GoldenFiles.Theory("Random");

    [Theory]
    [MemberData(nameof(Scenarios))]
    [MemberData(nameof(Random))]
    public void The_model_of_KVM_does_what_KVM_did(string file)
    {
        foreach (ProgramTrace trace in GoldenFiles.Load(file))
        {
            Verdict verdict = Verdict.Of(trace.Program, [.. trace.Results]);
            Assert.True(
                verdict.Kind is VerdictKind.Architecture or VerdictKind.Reproduced,
                $"{file}: {verdict.Kind}\n{verdict.Difference?.ToListing()}");
        }
    }

    [Theory]
    [MemberData(nameof(Deviations))]
    public void A_smallest_case_shows_its_deviation_and_no_other(string file)
    {
        ProgramTrace trace = Assert.Single(GoldenFiles.Load(file));
        Verdict verdict = Verdict.Of(trace.Program, [.. trace.Results]);
        Assert.Equal(IdOf(file), Assert.Single(verdict.Known).Id);
        Assert.Equal(
            verdict.Known[0].Flag == GicDeviations.None ? VerdictKind.AfterTrigger : VerdictKind.Reproduced, verdict.Kind);
    }

    /// <summary>All before is how to get there.</summary>
    [Theory]
    [MemberData(nameof(Deviations))]
    public void A_smallest_case_differs_from_the_architecture_at_its_end(string file)
    {
        ProgramTrace trace = Assert.Single(GoldenFiles.Load(file));
        OperationResult[] architecture = Orrery.Interrupts.Conformance.Models.ModelMachine.Run(trace.Program, GicDeviations.None);
        Difference? difference = Difference.Between(trace.Program, [.. trace.Results], architecture);
        Assert.NotNull(difference);
        Assert.InRange(difference.Index, trace.Program.Operations.Length - 4, trace.Program.Operations.Length - 1);
    }

    [Fact]
    public void Every_deviation_has_a_smallest_case_for_each_controller_that_has_it()
    {
        var kept = GoldenFiles.In("Deviations").Select(file => (IdOf(file), GoldenFiles.Load(file)[0].Program.Shape.Gic)).ToHashSet();
        var known = KnownDeviation.All.SelectMany(deviation => deviation.Gics, (deviation, gic) => (deviation.Id, gic)).ToHashSet();
        Assert.Empty(known.Except(kept));
        Assert.Empty(kept.Except(known));
    }

    private static string IdOf(string file) => Path.GetFileName(file)[..3];
}
