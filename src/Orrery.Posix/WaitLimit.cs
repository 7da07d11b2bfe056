namespace Orrery.Posix;

/// <summary>
/// How long somebody waits for a peer. Only waiting counts: while this process is stopped, or its whole machine is, no peer can
/// answer, so that time between two looks at the clock counts for no more than a second.
/// </summary>
/// <param name="milliseconds">The limit.</param>
public struct WaitLimit(int milliseconds)
{
    private const int SliceMilliseconds = 1000;

    private long _left = milliseconds;
    private long _looked = Environment.TickCount64;

    /// <summary>How long to wait now before looking again, in milliseconds; 0 when the limit has passed.</summary>
    public int Next()
    {
        long now = Environment.TickCount64;
        _left -= Math.Min(now - _looked, SliceMilliseconds);
        _looked = now;
        return (int)Math.Clamp(_left, 0, SliceMilliseconds);
    }
}
