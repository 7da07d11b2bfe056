namespace Orrery.Posix;

/// <summary>This process as the system knows it.</summary>
public static class CurrentProcess
{
    private const int SetParentDeathSignal = 1; // PR_SET_PDEATHSIG (prctl(2))

    /// <summary>Has this process killed when the thread that started it ends, however that ends.</summary>
    /// <returns>0, or a negated <see cref="Errno"/>.</returns>
    public static int DieWithParent() => Libc.Result(Libc.prctl(SetParentDeathSignal, Libc.SIGKILL, 0, 0, 0));
}
