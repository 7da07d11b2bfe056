namespace Orrery.Interrupts.Gic.V3.Its;

/// <summary>A device that is mapped: where its table is, how wide its event numbers are, and what they mean.</summary>
internal sealed class ItsDevice(ulong table, int eventBits)
{
    public ulong Table { get; } = table;

    public int EventBits { get; } = eventBits;

    /// <summary>By event: the LPI and the collection. In order of events, as the table is.</summary>
    public SortedDictionary<uint, (uint Lpi, ushort Collection)> Events { get; } = [];

    public ItsDevice Clone()
    {
        var copy = new ItsDevice(Table, EventBits);
        foreach ((uint key, (uint Lpi, ushort Collection) value) in Events)
        {
            copy.Events[key] = value;
        }

        return copy;
    }

    public bool ContentEquals(ItsDevice other) =>
        Table == other.Table && EventBits == other.EventBits && Events.SequenceEqual(other.Events);
}

/// <summary>What an ITS translates: (device, event) to LPI and collection, collection to CPU.</summary>
internal sealed class ItsMap
{
    public SortedDictionary<uint, ItsDevice> Devices { get; } = [];

    /// <summary>By collection: the CPU.</summary>
    public SortedDictionary<ushort, int> Collections { get; } = [];

    /// <summary>The CPU of a collection; -1 while it is not mapped.</summary>
    public int CpuOf(ushort collection) => Collections.GetValueOrDefault(collection, -1);

    /// <summary>Every event that leads to a collection.</summary>
    public IEnumerable<uint> LpisOf(ushort collection) =>
        from device in Devices.Values
        from pair in device.Events.Values
        where pair.Collection == collection
        select pair.Lpi;

    public ItsMap Clone()
    {
        var copy = new ItsMap();
        foreach ((uint number, ItsDevice device) in Devices)
        {
            copy.Devices[number] = device.Clone();
        }

        foreach ((ushort number, int cpu) in Collections)
        {
            copy.Collections[number] = cpu;
        }

        return copy;
    }

    public bool ContentEquals(ItsMap other) =>
        Collections.SequenceEqual(other.Collections)
        && Devices.Count == other.Devices.Count
        && Devices.All(pair => other.Devices.TryGetValue(pair.Key, out ItsDevice? device) && device.ContentEquals(pair.Value));
}
