namespace Orrery.Posix;

/// <summary>A failure of this process itself (no descriptors left, no memory), never of a peer.</summary>
public sealed class PosixException : IOException
{
    private PosixException(string call, int error)
        : base($"{call}: {Errno.Describe(error)}") => Error = error;

    /// <summary>The error number, positive.</summary>
    public int Error { get; }

    /// <summary>Passes <paramref name="result"/> on unless it is negative.</summary>
    internal static int ThrowIfFailed(int result, string call)
        => result >= 0 ? result : throw new PosixException(call, -result);
}
