namespace Orrery.Simulation;

/// <summary>
/// A turn that somebody outside holds (a guest runs): until it ends, the timeline's time is moved by its holder
/// (docs/architecture.md, "A turn").
/// </summary>
public interface ITurn
{
    /// <summary>
    /// Something is now due at <paramref name="limit"/>, earlier than the limit the turn was granted with. The holder must
    /// not pass it; called on the timeline's thread, before whoever runs is answered.
    /// </summary>
    void Lower(SimTime limit);
}
