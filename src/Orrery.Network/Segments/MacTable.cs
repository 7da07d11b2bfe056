using Orrery.Simulation;

namespace Orrery.Network;

/// <summary>Where a switch last saw each station (IEEE 802.1Q-2018, 8.8: the filtering database's dynamic entries).</summary>
internal sealed class MacTable
{
    /// <summary>Stations it remembers; frames to others are flooded.</summary>
    public const int CountMax = 65_536;

    /// <summary>The ageing time that 802.1Q recommends (table 8-6).</summary>
    private static readonly SimDuration AgeMax = SimDuration.FromSeconds(300);

    private readonly Dictionary<MacAddress, Entry> _entries = [];

    /// <summary>Before this a full table is not swept.</summary>
    public SimTime NextSweep { get; private set; }

    /// <summary>Remembers that <paramref name="station"/> was seen at a port. A group is no station and is not remembered.</summary>
    public void Learn(MacAddress station, int port, SimTime now)
    {
        if (station.IsMulticast)
        {
            return;
        }

        if (_entries.Count >= CountMax && !_entries.ContainsKey(station) && !TryMakeRoom(now))
        {
            return;
        }

        _entries[station] = new Entry(port, now);
    }

    /// <summary>The port a station was last seen at, or -1.</summary>
    public int Find(MacAddress station, SimTime now) =>
        _entries.TryGetValue(station, out Entry entry) && now - entry.Seen < AgeMax ? entry.Port : -1;

    /// <summary>What it remembers, by address.</summary>
    public IEnumerable<StationState> Save() => _entries.OrderBy(entry => entry.Key.Value)
        .Select(entry => new StationState(entry.Key.ToString(), entry.Value.Port, entry.Value.Seen.Nanoseconds));

    /// <summary>Remembers what was saved, in place of an empty table.</summary>
    /// <returns>What is wrong with <paramref name="state"/>, which is not trusted; null when nothing is.</returns>
    public string? Restore(SegmentState state, int portCount, ulong nowNanoseconds)
    {
        NextSweep = SimTime.FromNanoseconds(state.NextSweepNanoseconds);
        if (state.Stations.Count > CountMax)
        {
            return $"{state.Stations.Count} stations are more than {CountMax}";
        }

        foreach (StationState saved in state.Stations)
        {
            if (!MacAddress.TryParse(saved.Address, out MacAddress station) || station.IsMulticast
                || saved.Port < 0 || saved.Port >= portCount || saved.SeenNanoseconds > nowNanoseconds
                || !_entries.TryAdd(station, new Entry(saved.Port, SimTime.FromNanoseconds(saved.SeenNanoseconds))))
            {
                return $"{saved} is not one station at one of {portCount} ports, seen before {nowNanoseconds}";
            }
        }

        return null;
    }

    /// <summary>Forgets who has not been seen for long. A full table is swept once per ageing time at most, not per frame.</summary>
    private bool TryMakeRoom(SimTime now)
    {
        if (now < NextSweep)
        {
            return false;
        }

        NextSweep = now + AgeMax;
        foreach ((MacAddress station, Entry entry) in _entries)
        {
            if (now - entry.Seen >= AgeMax)
            {
                _entries.Remove(station);
            }
            else if (entry.Seen + AgeMax < NextSweep)
            {
                NextSweep = entry.Seen + AgeMax;
            }
        }

        return _entries.Count < CountMax;
    }

    private readonly record struct Entry(int Port, SimTime Seen);
}
