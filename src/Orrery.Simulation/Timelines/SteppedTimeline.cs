namespace Orrery.Simulation;

/// <summary>
/// A timeline whose time somebody else decides, instant by instant: for a participant that keeps events of its own in step
/// with a calendar. It runs on the thread that steps it, and nobody reads its records.
/// </summary>
public sealed class SteppedTimeline
{
    private readonly Simulator _simulator = new();

    /// <summary>A timeline at time zero.</summary>
    public SteppedTimeline(string name)
    {
        Timeline = _simulator.AddTimeline(name);
        _simulator.AssignWorkers();
    }

    /// <summary>The timeline.</summary>
    public Timeline Timeline { get; }

    /// <summary>Adds an origin for its events.</summary>
    public Origin AddOrigin(string name) => _simulator.AddOrigin(name);

    /// <summary>Runs everything that is due up to and including <paramref name="time"/>, which becomes now.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A time that is past.</exception>
    public void RunThrough(SimTime time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, Timeline.Now);
        Timeline.RunWindow(time.Nanoseconds + 1, Timeline.Share!);
        Timeline.StandAt(time);
    }
}
