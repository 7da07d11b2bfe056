namespace Orrery.TimeTravel;

/// <summary>
/// The operations of um_timetravel (Linux <c>include/uapi/linux/um_timetravel.h</c>, <c>enum um_timetravel_ops</c>). What
/// <see cref="TimeTravelMessage.Time"/> means depends on the operation.
/// </summary>
public enum TimeTravelOperation : uint
{
    /// <summary>Answers a request; repeats its sequence number.</summary>
    Acknowledge = 0,

    /// <summary>Client to calendar: I am here. Time: the client's identification, all ones for none.</summary>
    Start = 1,

    /// <summary>Client to calendar: let me run at this time. Replaces the request before it.</summary>
    Request = 2,

    /// <summary>Client to calendar: I give my turn back.</summary>
    Wait = 3,

    /// <summary>Client to calendar: what time is it? Answered in the client's time.</summary>
    Get = 4,

    /// <summary>Client to calendar: my time is now this.</summary>
    Update = 5,

    /// <summary>Calendar to client: it is this time, and your turn.</summary>
    Run = 6,

    /// <summary>Calendar to client: you may schedule yourself at any time before this one.</summary>
    FreeUntil = 7,

    /// <summary>Client to calendar: what is the wall clock? Answered in nanoseconds since 1970.</summary>
    GetTimeOfDay = 8,

    /// <summary>Both ways: a number for everybody else.</summary>
    Broadcast = 9,
}
