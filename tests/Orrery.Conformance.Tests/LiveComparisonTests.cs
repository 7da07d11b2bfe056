using Orrery.Interrupts.Conformance;
using Orrery.Interrupts.Conformance.Comparison;
using Orrery.Interrupts.Gic.Kvm;
using Xunit;

namespace Orrery.Conformance.Tests;

/// <summary>A sample of what `orrery irq conformance` runs by the thousand.</summary>
[Collection(LiveCollection.Name)]
public sealed class LiveComparisonTests(LiveHosts hosts)
{
    private const int Programs = 400;

    [Theory]
    [InlineData(VgicKind.GicV2)]
    [InlineData(VgicKind.GicV3)]
    public void Nothing_about_real_KVM_is_unexplained(VgicKind gic)
    {
        var options = new ConformanceOptions(gic) { Count = Programs, Seed = 77 };

        bool ran = ConformanceRun.TryRun(options, hosts.For(gic), null, out ConformanceReport? report, out string problem);

        Assert.True(ran, problem);
        Assert.Equal(Programs, report!.Programs);
        Assert.Empty(report.Unexplained.Select(unexplained => unexplained.Difference.ToListing()));
        Assert.InRange(report.Verdicts[VerdictKind.Architecture], Programs / 2, Programs);
    }
}
