namespace Orrery.Simulation;

/// <summary>Why a run ended.</summary>
public enum RunOutcome
{
    /// <summary>The time that was asked for is reached.</summary>
    TimeReached,

    /// <summary>The condition that was asked for held at the end of an epoch.</summary>
    ConditionMet,

    /// <summary>No event is pending anywhere: nothing can ever happen again.</summary>
    Idle,

    /// <summary>Somebody cancelled the run. The timelines stand at different times; nothing after this is reproducible.</summary>
    Cancelled,

    /// <summary>An event's handler threw. The timelines stand at different times.</summary>
    Failed,
}

/// <summary>How a run ended.</summary>
/// <param name="Outcome">Why.</param>
/// <param name="Time">The instant at which everything stands; for a run cancelled or failed, the last at which everything stood.</param>
/// <param name="Failure">What failed, if something did.</param>
public sealed record RunResult(RunOutcome Outcome, SimTime Time, TimelineFailure? Failure = null);

/// <summary>An exception out of an event's handler.</summary>
/// <param name="Timeline">Where.</param>
/// <param name="Time">When, in simulated time.</param>
/// <param name="Exception">What.</param>
public sealed record TimelineFailure(Timeline Timeline, SimTime Time, Exception Exception)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Timeline} at {Time}: {Exception.Message}";
}
