using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Orrery.Lab.Checkpoints;
using Orrery.Lab.Files;
using Orrery.Lab.Kernels;
using Orrery.Lab.Records;
using Orrery.Simulation;

namespace Orrery.Lab.Running;

/// <summary>Runs a lab from its beginning to its end.</summary>
public static class LabRun
{
    /// <summary>Runs <paramref name="lab"/>. Whatever happens, no process, socket or temporary file is left when this returns.</summary>
    /// <param name="lab">What is run.</param>
    /// <param name="options">How.</param>
    /// <param name="folder">Where it leaves its result.</param>
    /// <param name="observer">Told what happens.</param>
    /// <param name="kernelBuild">Told how far the build of the kernel is, when it has to be built first.</param>
    /// <param name="cancellation">Ends the run early: <see cref="RunStatus.Interrupted"/>.</param>
    /// <returns>The result, which is also in the folder.</returns>
    public static RunResult Run(
        LabDefinition lab,
        RunOptions options,
        RunFolder folder,
        IRunObserver observer,
        IKernelBuildProgress kernelBuild,
        CancellationToken cancellation)
    {
        RunResult result = TryFindKernel(lab, options, kernelBuild, out string? kernel, out string error, cancellation)
            ? Run(lab, options, folder, kernel, checkpoint: null, observer, cancellation)
            : RunResult.Unusable(lab.Seed, error) with
            {
                Status = cancellation.IsCancellationRequested ? RunStatus.Interrupted : RunStatus.Unusable,
            };
        result.Write(folder.Result);
        return result;
    }

    /// <summary>Runs a lab from where it was saved to its end, as the run that was saved did.</summary>
    /// <param name="checkpoint">What was saved. It is not trusted: a state that cannot be is refused, and nothing runs.</param>
    /// <inheritdoc cref="Run(LabDefinition, RunOptions, RunFolder, IRunObserver, IKernelBuildProgress, CancellationToken)"/>
    public static RunResult Resume(
        LabDefinition lab,
        CheckpointState checkpoint,
        RunOptions options,
        RunFolder folder,
        IRunObserver observer,
        CancellationToken cancellation)
    {
        RunResult result = Run(lab, options, folder, kernel: null, checkpoint, observer, cancellation);
        result.Write(folder.Result);
        return result;
    }

    private static bool TryFindKernel(
        LabDefinition lab,
        RunOptions options,
        IKernelBuildProgress progress,
        out string? kernel,
        out string error,
        CancellationToken cancellation)
    {
        kernel = options.Kernel ?? lab.Kernel;
        error = "";
        if (kernel is not null || !lab.Nodes.Any(node => node is LinuxNode { Kernel: null }))
        {
            return true;
        }

        kernel = KernelCache.OfUser.FindOrBuild(progress, out error, cancellation)?.Path;
        return kernel is not null;
    }

    private static RunResult Run(
        LabDefinition lab,
        RunOptions options,
        RunFolder folder,
        string? kernel,
        CheckpointState? checkpoint,
        IRunObserver observer,
        CancellationToken cancellation)
    {
        try
        {
            return RunFromHere(lab, options, folder, kernel, checkpoint, observer, cancellation);
        }
        catch (IOException e)
        {
            // The host has no descriptors or no room left.
            return RunResult.Unusable(lab.Seed, $"the host: {e.Message}");
        }
    }

    private static RunResult RunFromHere(
        LabDefinition lab,
        RunOptions options,
        RunFolder folder,
        string? kernel,
        CheckpointState? checkpoint,
        IRunObserver observer,
        CancellationToken cancellation)
    {
        using RunningLab? running = RunningLab.Build(lab, options, folder, kernel, out string error);
        if (running is null)
        {
            return RunResult.Unusable(lab.Seed, error);
        }

        if (!TryRecord(lab, folder, running, out RunRecording? recording, out error))
        {
            return RunResult.Unusable(lab.Seed, error);
        }

        using RunRecording recorded = recording;
        if (checkpoint is not null && LabCheckpoint.Restore(checkpoint, lab, running, recorded) is { } wrong)
        {
            return RunResult.Unusable(lab.Seed, $"the checkpoint cannot be resumed: {wrong}");
        }

        using var limit = new CancellationTokenSource(options.Timeout ?? Timeout.InfiniteTimeSpan);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        var reporter = new RunReporter(running, observer, options.Pace, stop.Token);
        running.Simulator.AddRecordReader(reporter);
        running.Simulator.EpochEnded += reporter.OnEpochEnded;
        running.Simulator.EpochEnded += new ProgressKeeper(folder, recorded, running.Notices).OnEpochEnded;
        if (options.ComparedWith is { } comparison)
        {
            running.Simulator.AddRecordReader(new ComparingReader(comparison));
        }

        observer.Started(running);
        reporter.TellNotices();
        if (!running.TryStart(out error))
        {
            return RunResult.Unusable(lab.Seed, error);
        }

        // A worker may be waiting for a guest that computes; without guests nobody waits.
        using CancellationTokenRegistration kill = stop.Token.Register(running.KillGuests);
        RunEnd end = RunEnd.Of(lab.Until, running.RunningNodes);
        var saving = new CheckpointSaving(lab, running, recorded, folder, observer);
        Simulation.RunResult outcome = saving.Run(
            options.CheckpointAt, end.Limit, () => options.ComparedWith is { IsDecided: true } || end.IsReached(), stop.Token);
        running.KillGuests();
        DigestResult digest = recorded.Finish();
        foreach (string fault in recorded.Faults)
        {
            running.Notices.Notice(fault);
        }

        reporter.TellNotices();
        RunResult result = Judge(lab, running, outcome, end, digest, interrupted: cancellation.IsCancellationRequested) with
        {
            ResumedNs = checkpoint?.Simulation.NowNanoseconds,
        };
        return saving.Fault is { } unsaved && result.Status is RunStatus.Passed or RunStatus.Failed
            ? result with { Status = RunStatus.Unusable, Reason = $"no checkpoint: {unsaved}" }
            : result;
    }

    private static bool TryRecord(
        LabDefinition lab, RunFolder folder, RunningLab running, [NotNullWhen(true)] out RunRecording? recording, out string error)
    {
        try
        {
            recording = RunRecording.Begin(lab, folder, running.Fabric, running.Simulator);
            error = "";
            return true;
        }
        catch (IOException e)
        {
            recording = null;
            error = $"the run cannot be recorded: {e.Message}";
            return false;
        }
    }

    private static RunResult Judge(
        LabDefinition lab, RunningLab running, Simulation.RunResult outcome, RunEnd end, DigestResult digest, bool interrupted)
    {
        NodeResult[] nodes = [.. running.RunningNodes.Select(node => node.ToResult())];
        IReadOnlyList<string> faults = running.Notices.Faults;
        (RunStatus status, string reason) = outcome.Outcome switch
        {
            RunOutcome.Cancelled when interrupted => (RunStatus.Interrupted, "interrupted"),
            RunOutcome.Cancelled => (RunStatus.OutOfTime, "the wall-clock limit has passed"),
            RunOutcome.Failed => (RunStatus.ParticipantFault, outcome.Failure!.ToString()),
            _ when faults.Count > 0 => (RunStatus.ParticipantFault, faults[0]),
            RunOutcome.Idle when !end.IsReached() => (RunStatus.Idle, $"everybody waits for ever, and the lab for: {lab.Until}"),
            _ => (RunStatus.Passed, ""),
        };
        if (status == RunStatus.Passed && Array.Find(nodes, node => node.ExitCode > 0) is { } failed)
        {
            status = RunStatus.Failed;
            reason = string.Create(CultureInfo.InvariantCulture, $"node {failed.Name} exited with {failed.ExitCode}");
        }

        return new RunResult
        {
            Status = status,
            Reason = reason,
            Seed = lab.Seed,
            SimulatedNs = (end.ReachedAt() ?? outcome.Time).Nanoseconds,
            WallSeconds = Math.Round(running.Wall.TotalSeconds, 6),
            Events = running.Simulator.Timelines.Aggregate(0UL, (sum, timeline) => sum + timeline.EventCount),
            Digest = digest.Lab,
            HeldBackBy = HeldBack.Most(running.Fabric, running.Simulator),
            Nodes = nodes,
            Faults = faults,
        };
    }
}
