using System.Globalization;
using Orrery.Lab.Files;
using Orrery.Lab.Kernels;
using Orrery.Lab.Records;

namespace Orrery.Lab.Running;

/// <summary>What running a lab twice came to.</summary>
/// <param name="Result">The first run's result, with <see cref="RunResult.Repeated"/>; what the first folder's <c>result.json</c> says.</param>
/// <param name="Header">What the records of both runs say about them.</param>
/// <param name="Difference">The first event in which they differ; null when there is none, or the records do not show it.</param>
public sealed record TwoRuns(RunResult Result, RecordFileHeader? Header = null, RunDifference? Difference = null);

/// <summary>Runs a lab twice and compares the second run with the first while it goes on.</summary>
public static class RepeatedRun
{
    /// <summary>
    /// Runs <paramref name="lab"/>, and again in a folder within the first one's, up to the first difference. A first run
    /// that did not come to its end is not repeated.
    /// </summary>
    /// <inheritdoc cref="LabRun.Run"/>
    /// <param name="again">Told what happens in the second run.</param>
    public static TwoRuns Run(
        LabDefinition lab,
        RunOptions options,
        RunFolder folder,
        IRunObserver observer,
        IRunObserver again,
        IKernelBuildProgress kernelBuild,
        CancellationToken cancellation)
    {
        lab = lab with { Record = true };
        RunResult first = LabRun.Run(lab, options, folder, observer, kernelBuild, cancellation);
        if (!IsComplete(first))
        {
            return new TwoRuns(first);
        }

        using RecordFileReader? records = RecordFileReader.Open(folder.Records, out string error);
        if (records is null || folder.CreateAgain(out error) is not { } secondFolder)
        {
            return End(folder, new TwoRuns(first with { Status = RunStatus.Unusable, Reason = error }));
        }

        var comparison = new RunComparison(records);
        RunResult second = LabRun.Run(lab, options with { ComparedWith = comparison }, secondFolder, again, kernelBuild, cancellation);
        RunDifference? difference = comparison.Finish(rightIsCutOff: !IsComplete(second));
        return End(folder, new TwoRuns(Judge(first, second, difference), records.Header, difference));
    }

    private static bool IsComplete(RunResult result) =>
        result.Status is not (RunStatus.Unusable or RunStatus.OutOfTime or RunStatus.Interrupted);

    private static RunResult Judge(RunResult first, RunResult second, RunDifference? difference)
    {
        bool isDifferent = difference is not null || (IsComplete(second) && second.Digest != first.Digest);
        var repeated = new RepeatedResult
        {
            Same = isDifferent ? false : IsComplete(second) ? true : null,
            Digest = second.Digest,
            DifferentNs = difference?.Time.Nanoseconds,
            DifferentStream = difference?.Stream,
        };
        if (isDifferent)
        {
            string where = difference is null
                ? "the digests differ, behind what the records show"
                : string.Create(CultureInfo.InvariantCulture, $"first at {RecordText.Seconds(difference.Time)}: {difference.Stream}");
            return first with { Status = RunStatus.Different, Reason = $"two runs differ, {where}", Repeated = repeated };
        }

        return IsComplete(second)
            ? first with { Repeated = repeated }
            : first with { Status = second.Status, Reason = $"the second run: {second.Reason}", Repeated = repeated };
    }

    private static TwoRuns End(RunFolder folder, TwoRuns runs)
    {
        runs.Result.Write(folder.Result);
        return runs;
    }
}
