namespace Orrery.TimeTravel;

/// <summary>Told what happens to a calendar's participants; always on the timeline's thread.</summary>
public interface ICalendarObserver
{
    /// <summary>The participant is admitted: its clock starts, and it has its first turn.</summary>
    void OnAdmitted(Participant participant);

    /// <summary>The participant is gone, its connection closed; everybody else goes on. What that means is the observer's policy.</summary>
    /// <param name="participant">Who.</param>
    /// <param name="fault">What it did wrong, or null when it closed the connection itself.</param>
    void OnLeft(Participant participant, ParticipantFault? fault);

    /// <summary>The calendar has waited for the participant longer than <see cref="CalendarOptions.WaitLimit"/>.</summary>
    /// <returns>True to drop it with <paramref name="fault"/>, false to wait as long again.</returns>
    bool OnOverdue(Participant participant, ParticipantFault fault);

    /// <summary>
    /// A participant broadcast <paramref name="payload"/>; the others of this calendar have it. The place to pass it on to
    /// other calendars of a lab (<see cref="Calendar.Broadcast"/>).
    /// </summary>
    void OnBroadcast(Participant participant, ulong payload);

    /// <summary>Something worth a line that is nobody's fault: two participants with one identification, a refused connection.</summary>
    void OnNotice(string line);
}
