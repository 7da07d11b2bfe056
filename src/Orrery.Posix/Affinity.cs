using System.Globalization;

namespace Orrery.Posix;

/// <summary>
/// Where threads run (sched_setaffinity(2)). Processes that take turns belong on one core: waking one on another core
/// costs several times as much.
/// </summary>
public static unsafe class Affinity
{
    private const int MaskBytes = 128;

    /// <summary>Keeps the calling thread, and what it starts, on processor <paramref name="cpu"/>.</summary>
    /// <returns>0, or a negated <see cref="Errno"/> (no such processor, or not allowed).</returns>
    public static int PinCurrentThread(int cpu) => Pin(0, cpu);

    /// <summary>Keeps thread or process <paramref name="id"/> on processor <paramref name="cpu"/>.</summary>
    /// <returns>0, or a negated <see cref="Errno"/>.</returns>
    public static int Pin(int id, int cpu)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cpu);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(cpu, MaskBytes * 8);
        return Allow(id, [cpu]);
    }

    /// <summary>Lets the calling thread, and what it starts, run on all of <paramref name="processors"/>.</summary>
    /// <returns>0, or a negated <see cref="Errno"/>.</returns>
    public static int AllowCurrentThread(IReadOnlyList<int> processors) => Allow(0, [.. processors]);

    /// <summary>
    /// Moves process <paramref name="id"/>, all its threads and all processes it has started to processor <paramref name="cpu"/>.
    /// What one of them starts meanwhile may be missed; what has ended meanwhile does no harm.
    /// </summary>
    public static void PinTree(int id, int cpu)
    {
        foreach (int thread in ThreadsOf(id))
        {
            _ = Pin(thread, cpu);
            foreach (int child in ChildProcess.ChildrenOf(id, thread))
            {
                PinTree(child, cpu);
            }
        }
    }

    /// <summary>The processors the calling thread may run on, ascending.</summary>
    public static IReadOnlyList<int> AllowedProcessors()
    {
        byte* mask = stackalloc byte[MaskBytes];
        new Span<byte>(mask, MaskBytes).Clear();
        PosixException.ThrowIfFailed(Libc.Result(Libc.sched_getaffinity(0, MaskBytes, mask)), "sched_getaffinity");
        var allowed = new List<int>();
        for (int cpu = 0; cpu < MaskBytes * 8; cpu++)
        {
            if ((mask[cpu / 8] & (1 << (cpu % 8))) != 0)
            {
                allowed.Add(cpu);
            }
        }

        return allowed;
    }

    private static int[] ThreadsOf(int id)
    {
        try
        {
            return [.. Directory.GetDirectories($"/proc/{id}/task").Select(folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return []; // it has ended
        }
    }

    private static int Allow(int id, ReadOnlySpan<int> processors)
    {
        byte* mask = stackalloc byte[MaskBytes];
        new Span<byte>(mask, MaskBytes).Clear();
        foreach (int cpu in processors)
        {
            mask[cpu / 8] |= (byte)(1 << (cpu % 8));
        }

        return Libc.Result(Libc.sched_setaffinity(id, MaskBytes, mask));
    }
}
