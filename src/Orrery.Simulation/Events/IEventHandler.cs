namespace Orrery.Simulation;

/// <summary>
/// What is called when an event is due. An object instead of a delegate, so that one object serves many events and
/// scheduling allocates nothing.
/// </summary>
public interface IEventHandler
{
    /// <summary>Called on the timeline's thread at the event's time (<see cref="Timeline.Now"/>).</summary>
    /// <param name="timeline">The timeline the event belongs to.</param>
    /// <param name="argument">What was given when the event was scheduled.</param>
    void Handle(Timeline timeline, ulong argument);
}
