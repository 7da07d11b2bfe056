using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Orrery.Cli.Reporting;
using Orrery.Lab.Checkpoints;
using Orrery.Lab.Files;
using Orrery.Lab.Outside;
using Orrery.Lab.Running;

namespace Orrery.Cli.Commands;

/// <summary><c>orrery run LAB [-- COMMAND]</c>: runs a lab and says what it came to.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var lab = new Argument<string>("LAB") { Description = "The lab file (docs/labs.md); vlab's YAML is read as it is." };
        var words = new Argument<string[]>("COMMAND")
        {
            Description = "After --: what the first Linux node runs instead of what the lab says; one word is a line for its shell.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<ulong?> seed = NumberOption.Create<ulong>(
            "--seed", "N", "The root of everything random in the run.", _ => true, "a whole number below 2^64");
        var until = new Option<string?>("--until") { Description = "When the run ends: a time (10s), 'NODE exits' or 'all exit'.", HelpName = "END" };
        var limits = new RunLimits();
        var output = new Option<string?>("--out", "-o") { Description = "The run folder.", HelpName = "DIR" };
        var set = new Option<string[]>("--set") { Description = "Sets a value of the lab file: calendar.memory=off", HelpName = "KEY=VALUE" };
        var json = new Option<bool>("--json") { Description = "Prints the result as JSON; all else goes to standard error." };
        var kernel = new Option<string?>("--kernel") { Description = "The kernel that Linux nodes boot.", HelpName = "PATH" };
        var checkpoint = new Option<string?>("--checkpoint-at")
        {
            Description = "Saves the run at this simulated time, for 'orrery resume' (docs/checkpoints.md).", HelpName = "TIME",
        };
        var twice = new Option<bool>("--twice") { Description = "Runs the lab again and stops at the first difference: exit status 6." };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Prints what the nodes write, line by line." };
        var calendar = new Option<string?>("--calendar")
        {
            Description = "Joins the lab's machines to the calendar at this socket, which is somebody else's (docs/machines.md).",
            HelpName = "SOCKET",
        };
        var segment = new Option<string[]>("--segment")
        {
            Description = "With --calendar: the vhost-user socket of a network of the lab.", HelpName = "NAME=SOCKET",
        };
        var command = new Command(
            "run",
            "Runs a lab. Exit status: 0 passed, 1 a node's command failed, 2 wrong usage or lab, 3 --timeout passed, "
            + "4 a participant broke the protocol or crashed, 5 nothing can ever happen again, 6 --twice differs, 130 interrupted.")
        {
            lab, words, seed, until, limits.Jobs, limits.Split, limits.Pace, output, set, json, limits.Timeout, kernel, checkpoint, twice, verbose, calendar, segment,
        };
        command.Validators.Add(result => Check(result, calendar, segment, twice, checkpoint, kernel));
        command.SetAction(parsed =>
        {
            List<string> overrides = [.. parsed.GetValue(set) ?? []];
            if (parsed.GetValue(seed) is { } seedValue)
            {
                overrides.Add(string.Create(CultureInfo.InvariantCulture, $"seed={seedValue}"));
            }

            if (parsed.GetValue(until) is { } untilValue)
            {
                overrides.Add($"until={untilValue}");
            }

            var options = new RunOptions
            {
                OutFolder = parsed.GetValue(output),
                Jobs = parsed.GetValue(limits.Jobs) ?? 0,
                Splitting = limits.SplittingOf(parsed),
                Pace = parsed.GetValue(limits.Pace),
                Timeout = limits.TimeoutOf(parsed),
                Kernel = parsed.GetValue(kernel),
                CheckpointAt = CheckpointTime.Parse(parsed.GetValue(checkpoint)),
            };
            OutsideOptions? outside = parsed.GetValue(calendar) is { } socket
                ? new OutsideOptions(socket, SegmentsIn(parsed.GetValue(segment) ?? []))
                : null;
            return Run(
                parsed.GetValue(lab)!, parsed.GetValue(words) ?? [], overrides, options, outside,
                new Manner(parsed.GetValue(json), parsed.GetValue(verbose), parsed.GetValue(twice), HasCommand: parsed.GetValue(words) is { Length: > 0 }));
        });
        return command;
    }

    private static void Check(
        CommandResult result,
        Option<string?> calendar,
        Option<string[]> segment,
        Option<bool> twice,
        Option<string?> checkpoint,
        Option<string?> kernel)
    {
        string[] segments = result.GetValue(segment) ?? [];
        if (segments.Length > 0 && result.GetResult(calendar) is null)
        {
            result.AddError("--segment belongs to --calendar: without it the networks are the lab's own");
        }

        if (result.GetValue(twice) && result.GetResult(calendar) is not null)
        {
            result.AddError("--twice cannot run the rest of somebody else's calendar again: it does not go with --calendar");
        }

        if (result.GetResult(checkpoint) is not null && result.GetResult(calendar) is not null)
        {
            result.AddError("--checkpoint-at cannot save somebody else's calendar: it does not go with --calendar");
        }

        if (result.GetValue(kernel) is { } path && !File.Exists(path))
        {
            result.AddError($"--kernel {path}: no such file");
        }

        CheckpointTime.Check(result, checkpoint);
        foreach (string text in segments)
        {
            if (text.IndexOf('=', StringComparison.Ordinal) is not > 0)
            {
                result.AddError($"--segment {text}: expected NAME=SOCKET");
            }
        }
    }

    private static Dictionary<string, string> SegmentsIn(string[] texts)
    {
        var segments = new Dictionary<string, string>();
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            segments[text[..equals]] = text[(equals + 1)..];
        }

        return segments;
    }

    private static int Run(
        string labPath, string[] words, List<string> overrides, RunOptions options, OutsideOptions? outside, Manner manner)
    {
        if (!LabLoading.TryLoad(labPath, overrides, words, out LabDefinition? lab))
        {
            if (manner.Json)
            {
                Console.Out.Write(RunResult.Unusable(0, $"{labPath} is no lab: see standard error, or orrery check --json").ToJson());
            }

            return (int)RunStatus.Unusable;
        }

        if (options.CheckpointAt is { } at && Savable.Check(lab, at) is { } problem)
        {
            Console.Error.WriteLine(problem);
            return (int)RunStatus.Unusable;
        }

        return LabSession.Run(
            lab.Title, options.OutFolder, manner,
            session => manner.Twice
                ? RepeatedRun.Run(lab, options, session.Folder, session.Observer, SilentReporter(), session.KernelBuild, session.Stop)
                : new TwoRuns(outside is null
                    ? LabRun.Run(lab, options, session.Folder, session.Observer, session.KernelBuild, session.Stop)
                    : OutsideRun.Run(lab, outside, options, session.Folder, session.Observer, session.Stop)));
    }

    // The second run has nothing to say unless it differs.
    private static PlainReporter SilentReporter() => new(TextWriter.Null, verbose: false, new CommandOutput(null));
}
