using System.CommandLine;
using Orrery.Cli.Reporting;
using Orrery.Lab.Records;
using Orrery.Lab.Running;

namespace Orrery.Cli.Commands;

/// <summary><c>orrery diff RUN1 RUN2</c>: the first event in which two recorded runs differ.</summary>
internal static class DiffCommand
{
    public static Command Create()
    {
        var first = new Argument<string>("RUN1") { Description = "A run folder, or the records in one." };
        var second = new Argument<string>("RUN2") { Description = "Another." };
        var command = new Command("diff", "Shows the first event in which two runs differ: exit status 0 when there is none, 1 when there is one.")
        {
            first, second,
        };
        command.SetAction(parsed => (int)Diff(RecordsOf(parsed.GetValue(first)!), RecordsOf(parsed.GetValue(second)!)));
        return command;
    }

    private static RunStatus Diff(string firstPath, string secondPath)
    {
        using RecordFileReader? first = Open(firstPath);
        using RecordFileReader? second = Open(secondPath);
        if (first is null || second is null)
        {
            return RunStatus.Unusable;
        }

        var comparison = new RunComparison(first);
        ulong count = 0;
        StoredRecord? last = null;
        while (!comparison.IsDecided && second.Next() is { } record)
        {
            comparison.Add(record);
            count++;
            last = record;
        }

        RunDifference? difference = comparison.Finish(second.IsCutOff);
        if ((first.Fault ?? second.Fault) is { } fault)
        {
            Console.Error.WriteLine($"orrery: {(first.Fault is null ? secondPath : firstPath)} is damaged: {fault}");
            return RunStatus.Unusable;
        }

        if (difference is not null)
        {
            new DifferenceReport(Console.Out).Write(first.Header, second.Header, difference);
            return RunStatus.Failed;
        }

        string reach = first.IsCutOff || second.IsCutOff ? ", as far as both go: one breaks off" : "";
        Console.Out.WriteLine($"equal: {count} records to {(last is null ? "0 s" : RecordText.Seconds(last.Time))}{reach}");
        return RunStatus.Passed;
    }

    private static string RecordsOf(string run) => Directory.Exists(run) ? RunFolder.RecordsIn(run) : run;

    private static RecordFileReader? Open(string path)
    {
        if (!File.Exists(path))
        {
            Console.Error.WriteLine($"orrery: there is no {path}: not a run's folder, or one of a lab with record: off");
            return null;
        }

        RecordFileReader? reader = RecordFileReader.Open(path, out string error);
        if (reader is null)
        {
            Console.Error.WriteLine($"orrery: {error}");
        }

        return reader;
    }
}
