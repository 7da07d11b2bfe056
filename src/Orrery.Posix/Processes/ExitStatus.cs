namespace Orrery.Posix;

/// <summary>How a process ended (waitid(2)).</summary>
/// <param name="Code">What it returned; meaningless when a signal ended it.</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
public readonly record struct ExitStatus(int Code, int Signal)
{
    /// <summary>The status as a shell reports it: the code, or 128 plus the signal.</summary>
    public int ShellStatus => Signal == 0 ? Code : 128 + Signal;

    /// <inheritdoc/>
    public override string ToString() => Signal == 0 ? $"exit status {Code}" : $"signal {Signal}";
}
