namespace Orrery.TimeTravel;

/// <summary>The rules a participant can break.</summary>
public enum ParticipantRule
{
    /// <summary>START comes first, and nothing between it and its acknowledgement.</summary>
    StartFirst,

    /// <summary>START comes once on a connection.</summary>
    StartOnce,

    /// <summary>Only announced participants take part.</summary>
    IsExpected,

    /// <summary>One identification, one participant (where participants are announced).</summary>
    IdIsUnique,

    /// <summary>An announced participant connects in time.</summary>
    ConnectsInTime,

    /// <summary>Messages are whole.</summary>
    WholeMessages,

    /// <summary>RUN and FREE_UNTIL belong to the calendar; operations above 9 do not exist.</summary>
    ClientOperations,

    /// <summary>An acknowledgement answers something.</summary>
    AcknowledgesWhatWasSent,

    /// <summary>WAIT and UPDATE belong to whoever has the turn.</summary>
    ActsInItsTurn,

    /// <summary>Time never goes back, and a turn stays before its limit.</summary>
    StaysWithinItsTurn,

    /// <summary>A request is not in the past.</summary>
    RequestsTheFuture,

    /// <summary>A request during somebody else's turn comes while that one waits for it.</summary>
    RequestsInStep,

    /// <summary>Simulated time goes on.</summary>
    LetsTimePass,

    /// <summary>A request is answered before the next of its kind is sent.</summary>
    AwaitsAnswers,

    /// <summary>Messages are read.</summary>
    Reads,

    /// <summary>The calendar's messages are acknowledged, and turns given back.</summary>
    AnswersInTime,

    /// <summary>A guest does not restart inside its process.</summary>
    StartsOnce,
}

/// <summary>What a participant did wrong, and what to do about it.</summary>
/// <param name="Rule">The rule it broke.</param>
/// <param name="Who">Its name and process.</param>
/// <param name="What">What it did, and what it last asked for.</param>
/// <param name="Advice">What to do.</param>
public sealed record ParticipantFault(ParticipantRule Rule, string Who, string What, string Advice)
{
    /// <summary>One line: who, what, what to do.</summary>
    public override string ToString() => $"{Who} {What}: {Advice}";
}
