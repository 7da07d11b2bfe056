namespace Orrery.Simulation;

/// <summary>Gives event handlers the names under which checkpoints know them.</summary>
public interface IHandlerCatalog
{
    /// <summary>The key of a handler, or null when its events cannot be saved.</summary>
    string? KeyOf(IEventHandler handler);

    /// <summary>
    /// The handler of that key, the same whenever asked, or null when there is none. The key comes out of a checkpoint: it may be
    /// anything.
    /// </summary>
    IEventHandler? HandlerOf(string key);

    /// <summary>Where the events of that handler must be; null when they may be anywhere.</summary>
    HandlerPlace? PlaceOf(string key) => null;
}

/// <summary>Where the events of a handler are: one that a checkpoint has elsewhere is refused.</summary>
/// <param name="Timeline">Where they are due.</param>
/// <param name="Priority">Their place among the events of one instant.</param>
/// <param name="Origin">Who causes them.</param>
/// <param name="CountMax">How many may be pending at once.</param>
public sealed record HandlerPlace(Timeline Timeline, EventPriority Priority, Origin Origin, int CountMax = int.MaxValue);

/// <summary>A handler that keeps handles of its events, and gets them anew when they are restored.</summary>
public interface IRestoredHandler : IEventHandler
{
    /// <summary>An event of this handler is pending again.</summary>
    /// <param name="handle">Its new handle; its origin and sequence number are what they were.</param>
    /// <param name="argument">Its argument.</param>
    void OnRestored(EventHandle handle, ulong argument);
}
