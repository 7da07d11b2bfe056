using System.Collections.Immutable;
using Orrery.Interrupts.Conformance;
using Orrery.Interrupts.Conformance.Comparison;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Tests.Conformance;
using Xunit;

namespace Orrery.Conformance.Tests;

/// <summary>The goldens, run again: real KVM still does what it did when they were recorded.</summary>
[Collection(LiveCollection.Name)]
public sealed class LiveGoldenTests(LiveHosts hosts)
{
    [Theory]
    [InlineData("Scenarios", VgicKind.GicV2)]
    [InlineData("Scenarios", VgicKind.GicV3)]
    [InlineData("Deviations", VgicKind.GicV2)]
    [InlineData("Deviations", VgicKind.GicV3)]
    [InlineData("Random", VgicKind.GicV2)]
    [InlineData("Random", VgicKind.GicV3)]
    public void Real_KVM_does_what_the_goldens_say(string folder, VgicKind gic)
    {
        (string File, ProgramTrace Trace)[] goldens =
        [
            .. GoldenFiles.In(folder).SelectMany(GoldenFiles.Load, (file, trace) => (file, trace))
                .Where(golden => golden.trace.Program.Shape.Gic == gic),
        ];
        Assert.NotEmpty(goldens);

        bool ran = TraceRecorder.TryRecord(
            [.. goldens.Select(golden => golden.Trace)], hosts.For(gic), out ImmutableArray<(ProgramTrace Trace, Verdict)> recorded,
            out string problem);

        Assert.True(ran, problem);
        for (int i = 0; i < goldens.Length; i++)
        {
            // What a tick of the host may change need not come again.
            if (!KnownDeviation.All.Any(known => known.DependsOnTiming && goldens[i].File.Contains(known.Id, StringComparison.Ordinal)))
            {
                ProgramTrace golden = goldens[i].Trace with { RecordedOn = recorded[i].Trace.RecordedOn };
                Assert.Equal($"{goldens[i].File}\n{golden}", $"{goldens[i].File}\n{recorded[i].Trace}");
            }
        }
    }
}
