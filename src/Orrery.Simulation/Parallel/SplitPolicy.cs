namespace Orrery.Simulation;

/// <summary>
/// Decides whether groups are split (<see cref="GroupSplitting"/>), from what is seen of some epochs at a time. Splitting is
/// tried; it stays for as long as the workers are busy at the same time, and is tried again when there is so much to do
/// between two meetings of the workers that waking each other would cost little. Every trial in vain makes the next one wait
/// twice as long.
/// </summary>
internal sealed class SplitPolicy(GroupSplitting splitting)
{
    // A worker on another core is awake after 50 to 70 us (docs/simulation.md, "Workers").
    private static readonly TimeSpan WorthOneRound = TimeSpan.FromMicroseconds(250);

    /// <summary>How long to look before each decision: the runs of a guest differ much among themselves.</summary>
    private static readonly TimeSpan Span = TimeSpan.FromMilliseconds(20);

    /// <summary>How many workers have to be busy, on average, for a split to stay. Those that take turns come to less than one.</summary>
    private const double ParallelismMin = 1.1;

    private const int PauseMin = 1, PauseMax = 1024; // spans

    private TimeSpan _wall;
    private TimeSpan _busy;
    private long _rounds;
    private int _nextPause = PauseMin;
    private int _pause; // spans until the next trial

    /// <summary>Whether groups are split now.</summary>
    internal bool Splits { get; private set; } = splitting != GroupSplitting.Never;

    /// <summary>Whether it has to learn to decide.</summary>
    internal bool Learns => splitting == GroupSplitting.WhenItPays;

    /// <summary>Learns from an epoch, and decides anew when it has seen enough.</summary>
    /// <param name="wall">What the epoch took.</param>
    /// <param name="busy">How long the workers were busy in it, together.</param>
    /// <param name="rounds">How often the workers would have to meet in it: see <see cref="RoundsOf"/>.</param>
    internal void Learn(TimeSpan wall, TimeSpan busy, long rounds)
    {
        _wall += wall;
        _busy += busy;
        _rounds += rounds;
        if (_wall >= Span)
        {
            Decide();
            (_wall, _busy, _rounds) = (TimeSpan.Zero, TimeSpan.Zero, 0);
        }
    }

    /// <summary>
    /// How often workers that share <paramref name="group"/> have to meet in an epoch as it has just run: after every window,
    /// but not more often than its shortest lookahead passes.
    /// </summary>
    internal static long RoundsOf(TimelineGroup group, SimDuration epoch)
    {
        long windows = group.Shares.Sum(share => (long)share.WindowCount);
        return Math.Min(windows, (long)(epoch.Nanoseconds / group.ShortestLookahead.Nanoseconds) + 1);
    }

    private void Decide()
    {
        if (Splits)
        {
            Splits = _busy >= ParallelismMin * _wall;
            if (Splits)
            {
                _nextPause = PauseMin;
            }
            else
            {
                _pause = _nextPause;
                _nextPause = Math.Min(2 * _nextPause, PauseMax);
            }
        }
        else
        {
            _pause = Math.Max(0, _pause - 1);
            Splits = _pause == 0 && _busy >= _rounds * WorthOneRound;
        }
    }
}
