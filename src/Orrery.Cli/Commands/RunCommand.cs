using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.InteropServices;
using Orrery.Cli.Reporting;
using Orrery.Lab.Files;
using Orrery.Lab.Outside;
using Orrery.Lab.Running;
using Spectre.Console;

namespace Orrery.Cli.Commands;

/// <summary><c>orrery run LAB [-- COMMAND]</c>: runs a lab and says what it came to.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var lab = new Argument<string>("LAB") { Description = "The lab file (docs/labs.md); vlab's YAML is read as it is." };
        var words = new Argument<string[]>("COMMAND")
        {
            Description = "After --: what the first node runs, instead of what the lab says.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var seed = new Option<ulong?>("--seed") { Description = "The root of everything random in the run.", HelpName = "N" };
        var until = new Option<string?>("--until") { Description = "When the run ends: a time (10s), 'NODE exits' or 'all exit'.", HelpName = "END" };
        var jobs = new Option<int>("--jobs", "-j") { Description = "Worker threads; 0: one per core.", HelpName = "N" };
        var pace = new Option<double?>("--pace") { Description = "Simulated seconds per wall-clock second, at most.", HelpName = "X" };
        var output = new Option<string?>("--out", "-o") { Description = "The run folder.", HelpName = "DIR" };
        var set = new Option<string[]>("--set") { Description = "Sets a value of the lab file: calendar.memory=off", HelpName = "KEY=VALUE" };
        var json = new Option<bool>("--json") { Description = "Prints the result as JSON; all else goes to standard error." };
        var timeout = new Option<double?>("--timeout") { Description = "Wall-clock limit in seconds.", HelpName = "SECONDS" };
        var kernel = new Option<string?>("--kernel") { Description = "The kernel that Linux nodes boot.", HelpName = "PATH" };
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
        var command = new Command("run", "Runs a lab.")
        {
            lab, words, seed, until, jobs, pace, output, set, json, timeout, kernel, twice, verbose, calendar, segment,
        };
        command.Validators.Add(result => Check(result, calendar, segment, twice));
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
                Jobs = parsed.GetValue(jobs),
                Pace = parsed.GetValue(pace),
                Timeout = parsed.GetValue(timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                Kernel = parsed.GetValue(kernel),
            };
            OutsideOptions? outside = parsed.GetValue(calendar) is { } socket
                ? new OutsideOptions(socket, SegmentsIn(parsed.GetValue(segment) ?? []))
                : null;
            return Run(
                parsed.GetValue(lab)!, parsed.GetValue(words) ?? [], overrides, options, outside,
                new Manner(parsed.GetValue(json), parsed.GetValue(twice), parsed.GetValue(verbose)));
        });
        return command;
    }

    private static void Check(CommandResult result, Option<string?> calendar, Option<string[]> segment, Option<bool> twice)
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
            return (int)RunStatus.Unusable;
        }

        // Whoever asked for bytes on standard output gets those and nothing else.
        bool talkOnError = manner.Json || words.Length > 0;
        TextWriter talk = talkOnError ? Console.Error : Console.Out;
        bool live = !manner.Verbose && (talkOnError ? !Console.IsErrorRedirected : !Console.IsOutputRedirected);
        IAnsiConsole console = Terminal.Create(talk, live);
        var commandOutput = new CommandOutput(words.Length > 0 ? Console.OpenStandardOutput() : null);
        var liveReporter = live ? new LiveReporter(console, commandOutput) : null;
        IRunObserver reporter = liveReporter ?? (IRunObserver)new PlainReporter(talk, manner.Verbose, commandOutput);

        if (RunFolder.Create(options.OutFolder, lab.Title, out string error) is not { } folder)
        {
            Console.Error.WriteLine($"orrery: {error}");
            return (int)RunStatus.Unusable;
        }

        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT, stop);
        using PosixSignalRegistration terminate = OnSignal(PosixSignal.SIGTERM, stop);
        using PosixSignalRegistration hangup = OnSignal(PosixSignal.SIGHUP, stop);
        using var kernelBuild = new KernelBuildReporter(talk, live);
        TwoRuns runs = manner.Twice ? RepeatedRun.Run(lab, options, folder, reporter, SilentReporter(), kernelBuild, stop.Token)
            : new TwoRuns(outside is null
                ? LabRun.Run(lab, options, folder, reporter, kernelBuild, stop.Token)
                : OutsideRun.Run(lab, outside, options, folder, reporter, stop.Token));
        liveReporter?.Clear();
        ReportRepetition(talk, runs);
        if (manner.Json)
        {
            Console.Out.Write(runs.Result.ToJson());
        }
        else if (runs.Result.Status == RunStatus.Unusable)
        {
            Console.Error.WriteLine($"orrery: {runs.Result.Reason}");
        }
        else
        {
            Summary.Write(console, runs.Result, folder);
        }

        return runs.Result.ExitCode;
    }

    // The second run has nothing to say unless it differs.
    private static PlainReporter SilentReporter() => new(TextWriter.Null, verbose: false, new CommandOutput(null));

    private static void ReportRepetition(TextWriter talk, TwoRuns runs)
    {
        if (runs.Difference is not null)
        {
            new DifferenceReport(talk).Write(runs.Header!, runs.Header!, runs.Difference);
        }
        else if (runs.Result.Repeated is { Same: true } repeated)
        {
            talk.WriteLine($"run again: the same, digest {repeated.Digest}");
        }
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, CancellationTokenSource stop)
        => PosixSignalRegistration.Create(signal, context =>
        {
            // The run ends in order and leaves its logs; a second signal of the kind changes nothing.
            context.Cancel = true;
            stop.Cancel();
        });

    /// <summary>How a run is shown, and whether there are two.</summary>
    private sealed record Manner(bool Json, bool Twice, bool Verbose);
}
