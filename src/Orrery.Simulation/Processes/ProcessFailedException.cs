namespace Orrery.Simulation;

/// <summary>A process threw; ends the run (<see cref="RunOutcome.Failed"/>).</summary>
public sealed class ProcessFailedException : Exception
{
    internal ProcessFailedException(Process process, Exception cause)
        : base($"process {process.Name}: {cause.Message}", cause) => Process = process;

    /// <summary>Which.</summary>
    public Process Process { get; }
}
