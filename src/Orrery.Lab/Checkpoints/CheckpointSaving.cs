using Orrery.Lab.Files;
using Orrery.Lab.Records;
using Orrery.Lab.Running;
using Orrery.Simulation;

namespace Orrery.Lab.Checkpoints;

/// <summary>Runs a lab to its end and saves it on the way, if that is wanted. A run that is saved does what it does anyway.</summary>
/// <param name="lab">What is run.</param>
/// <param name="running">The run.</param>
/// <param name="recording">What it leaves.</param>
/// <param name="folder">Takes the checkpoint.</param>
/// <param name="observer">Told when the run was saved.</param>
internal sealed class CheckpointSaving(
    LabDefinition lab, RunningLab running, RunRecording recording, RunFolder folder, IRunObserver observer)
{
    /// <summary>Why there is no checkpoint, although one is wanted; null when there is one, or none is wanted.</summary>
    public string? Fault { get; private set; }

    /// <inheritdoc cref="Simulator.Run"/>
    /// <param name="at">When the run is saved, before anything of that instant happens; null: never.</param>
    public Simulation.RunResult Run(SimTime? at, SimTime until, Func<bool> isDone, CancellationToken cancellation)
    {
        Simulator simulator = running.Simulator;
        if (at is { } time && !TrySaveAt(time, until, isDone, cancellation, out Simulation.RunResult outcome))
        {
            return outcome;
        }

        return simulator.Run(until, isDone, cancellation);
    }

    /// <returns>False when the run has ended before; <paramref name="outcome"/> says how.</returns>
    private bool TrySaveAt(SimTime time, SimTime until, Func<bool> isDone, CancellationToken cancellation, out Simulation.RunResult outcome)
    {
        Simulator simulator = running.Simulator;
        outcome = new Simulation.RunResult(RunOutcome.TimeReached, simulator.Now);
        if (time < simulator.Now)
        {
            Fault = $"the run begins at {simulator.Now}, after {time}";
            return true;
        }

        if (time == simulator.Now)
        {
            Save(time); // nothing may be pending any more: a run up to here would say so
            return true;
        }

        // The run that is not saved looks at its end between epochs only, so this one must not look where it merely stops.
        bool isEpochEnd = time.Nanoseconds % simulator.Options.EpochLength.Nanoseconds == 0;
        SimTime stop = SimTime.Min(time, until);
        outcome = simulator.Run(stop, () => (simulator.Now != stop || isEpochEnd) && isDone(), cancellation);
        if (outcome.Outcome != RunOutcome.TimeReached || time > until)
        {
            Fault = $"the run ended at {outcome.Time}, and was to be saved at {time}";
            return false;
        }

        Save(time);
        return true;
    }

    private void Save(SimTime time)
    {
        Fault = running.Notices.Faults is [var fault, ..] ? $"something has failed before {time}: {fault}" : TrySave();
        if (Fault is null)
        {
            observer.Saved(folder.Checkpoint, time);
        }
        else
        {
            running.Notices.Notice($"the run goes on without a checkpoint: {Fault}");
        }
    }

    /// <returns>Why there is no checkpoint; null when there is one.</returns>
    private string? TrySave()
    {
        try
        {
            if (LabCheckpoint.Save(lab, running, recording, out string error) is not { } state)
            {
                return error;
            }

            byte[] bytes = CheckpointFile.Write(state);
            if (bytes.Length > CheckpointFile.SizeMax)
            {
                return $"it would have {bytes.Length} bytes, and may have {CheckpointFile.SizeMax}";
            }

            File.WriteAllBytes(folder.Checkpoint, bytes);
            return null;
        }
        catch (IOException e)
        {
            return $"{folder.Checkpoint}: {e.Message}";
        }
    }
}
