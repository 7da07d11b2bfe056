using System.Globalization;
using System.Text;
using Orrery.Interrupts.Conformance;
using Orrery.Interrupts.Conformance.Comparison;

namespace Orrery.Cli.Reporting;

/// <summary>How a comparison with KVM reads.</summary>
internal static class ConformanceText
{
    private const int ListingLimit = 10;

    /// <summary>A line for the whole, one for each verdict, and the listing of each unexplained difference.</summary>
    public static string Of(ConformanceReport report, TimeSpan took)
    {
        var text = new StringBuilder();
        Line(text, $"GICv{(int)report.Gic}, kernel {report.KernelRelease}, seed {report.Seed}: {report.Programs} programs in {took.TotalSeconds:F0} s");
        foreach (VerdictKind kind in Enum.GetValues<VerdictKind>())
        {
            Line(text, $"{report.Verdicts.GetValueOrDefault(kind),7}  {Of(kind)}");
        }

        if (!report.Seen.IsEmpty)
        {
            Line(text, $"Deviations seen: {string.Join(", ", report.Seen.Select(known => $"{known.Key} in {known.Value}"))}");
        }

        foreach (UnexplainedDifference unexplained in report.Unexplained.Take(ListingLimit))
        {
            Line(text, $"# program {unexplained.Number}{(unexplained.IsReproducible ? string.Empty : " (did not differ again when run alone)")}");
            text.Append(unexplained.Difference.ToListing());
        }

        if (report.Unexplained.Length > ListingLimit)
        {
            Line(text, $"# and {report.Unexplained.Length - ListingLimit} more");
        }

        return text.ToString();
    }

    public static string Of(VerdictKind kind) => kind switch
    {
        VerdictKind.Architecture => "as the architecture says",
        VerdictKind.Reproduced => "as KVM is known to differ",
        VerdictKind.AfterTrigger => "differ after a known case that depends on timing",
        VerdictKind.Ambiguous => "depend on which of two equal priorities comes first",
        _ => "differ, unexplained",
    };

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
