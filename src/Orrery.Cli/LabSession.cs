using System.Runtime.InteropServices;
using Orrery.Cli.Reporting;
using Orrery.Lab.Kernels;
using Orrery.Lab.Running;
using Spectre.Console;

namespace Orrery.Cli;

/// <summary>How a run is shown, and whether there are two.</summary>
/// <param name="Json">The result as JSON on standard output, all else on standard error.</param>
/// <param name="Verbose">What the nodes write, line by line.</param>
/// <param name="Twice">There are two runs.</param>
/// <param name="HasCommand">What the first node's command writes goes to standard output, all else to standard error.</param>
internal sealed record Manner(bool Json, bool Verbose, bool Twice = false, bool HasCommand = false);

/// <summary>A run as commands see it: where it leaves what it leaves, who is told what happens, what ends it early.</summary>
internal sealed record LabSession(RunFolder Folder, IRunObserver Observer, IKernelBuildProgress KernelBuild, CancellationToken Stop)
{
    /// <summary>Shows a run while it goes on, and says what it came to.</summary>
    /// <param name="title">The lab's.</param>
    /// <param name="outFolder">The run folder that is asked for.</param>
    /// <param name="manner">How it is shown.</param>
    /// <param name="run">Runs the lab, once or twice.</param>
    /// <returns>The exit status.</returns>
    public static int Run(string title, string? outFolder, Manner manner, Func<LabSession, TwoRuns> run)
    {
        // Whoever asked for bytes on standard output gets those and nothing else.
        bool talkOnError = manner.Json || manner.HasCommand;
        TextWriter talk = talkOnError ? Console.Error : Console.Out;
        bool live = !manner.Verbose && (talkOnError ? !Console.IsErrorRedirected : !Console.IsOutputRedirected);
        IAnsiConsole console = Terminal.Create(talk, live);
        var commandOutput = new CommandOutput(manner.HasCommand ? Console.OpenStandardOutput() : null);
        var liveReporter = live ? new LiveReporter(console, commandOutput) : null;
        IRunObserver reporter = liveReporter ?? (IRunObserver)new PlainReporter(talk, manner.Verbose, commandOutput);

        if (RunFolder.Create(outFolder, title, out string error) is not { } folder)
        {
            Console.Error.WriteLine($"orrery: {error}");
            return (int)RunStatus.Unusable;
        }

        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT, stop);
        using PosixSignalRegistration terminate = OnSignal(PosixSignal.SIGTERM, stop);
        using PosixSignalRegistration hangup = OnSignal(PosixSignal.SIGHUP, stop);
        using var kernelBuild = new KernelBuildReporter(
            talk, live, "none in the cache yet; built now, once, in about 7 minutes on 2 cores (--kernel PATH uses another)");
        TwoRuns runs = run(new LabSession(folder, reporter, kernelBuild, stop.Token));
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
            // The run ends in order and leaves its logs; a second signal ends it as it stands: its guests end with it.
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        });
}
