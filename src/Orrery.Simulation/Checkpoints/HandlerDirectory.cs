namespace Orrery.Simulation;

/// <summary>The handlers of a simulation by their keys, filled in by whoever owns them.</summary>
public sealed class HandlerDirectory : IHandlerCatalog
{
    private readonly Dictionary<string, (IEventHandler Handler, HandlerPlace Place)> _entries = [];
    private readonly Dictionary<IEventHandler, string> _keys = [];

    /// <summary>Adds a handler.</summary>
    /// <exception cref="ArgumentException">The key or the handler is there already.</exception>
    public void Add(string key, IEventHandler handler, HandlerPlace place)
    {
        _entries.Add(key, (handler, place));
        _keys.Add(handler, key);
    }

    /// <inheritdoc/>
    public string? KeyOf(IEventHandler handler) => _keys.GetValueOrDefault(handler);

    /// <inheritdoc/>
    public IEventHandler? HandlerOf(string key) => EntryOf(key).Handler;

    /// <inheritdoc/>
    public HandlerPlace? PlaceOf(string key) => EntryOf(key).Place;

    private (IEventHandler? Handler, HandlerPlace? Place) EntryOf(string key) =>
        _entries.TryGetValue(key, out (IEventHandler, HandlerPlace) entry) ? entry : default;
}
