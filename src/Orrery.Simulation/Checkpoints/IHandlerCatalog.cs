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
}

/// <summary>A handler that keeps handles of its events, and gets them anew when they are restored.</summary>
public interface IRestoredHandler : IEventHandler
{
    /// <summary>An event of this handler is pending again.</summary>
    /// <param name="handle">Its new handle; its origin and sequence number are what they were.</param>
    /// <param name="argument">Its argument.</param>
    void OnRestored(EventHandle handle, ulong argument);
}
