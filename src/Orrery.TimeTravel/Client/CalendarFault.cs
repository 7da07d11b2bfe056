namespace Orrery.TimeTravel;

/// <summary>The rules a calendar can break towards a client.</summary>
public enum CalendarRule
{
    /// <summary>It listens at its socket.</summary>
    Listens,

    /// <summary>It keeps the connection open.</summary>
    KeepsConnection,

    /// <summary>Messages are whole.</summary>
    WholeMessages,

    /// <summary>The first thing it says is the acknowledgement of START.</summary>
    AnswersStartFirst,

    /// <summary>A slot of a schedule memory comes with the memory: with two descriptors.</summary>
    BringsItsMemory,

    /// <summary>It sends ACK, RUN, FREE_UNTIL and BROADCAST, nothing else.</summary>
    CalendarOperations,

    /// <summary>An acknowledgement repeats the number of the request that waits for it.</summary>
    AcknowledgesInOrder,

    /// <summary>Requests are acknowledged within the limit.</summary>
    AnswersInTime,

    /// <summary>It reads what it is sent.</summary>
    Reads,

    /// <summary>RUN goes to a client that waits and has asked.</summary>
    RunsWhoWaits,

    /// <summary>RUN comes at the very time that was asked for.</summary>
    RunsAtTheRequestedTime,

    /// <summary>Time never goes back and stays below 2^63.</summary>
    MovesForward,

    /// <summary>Schedule memory shows who has the turn.</summary>
    ShowsWhoRuns,
}

/// <summary>What the calendar did wrong. The connection is closed.</summary>
/// <param name="Rule">The rule it broke.</param>
/// <param name="What">What it did, in words.</param>
public sealed record CalendarFault(CalendarRule Rule, string What)
{
    /// <inheritdoc/>
    public override string ToString() => $"the calendar {What}";
}
