namespace Orrery.Interrupts.Gic.V3;

/// <summary>
/// The LPIs of a GICv3 (IHI 0069 5.1): edge-triggered, group 1, without an active state. The configuration of an LPI is a
/// byte in a table that all redistributors share, its pending bit one in a table of the redistributor it is for; both are
/// cached here for the LPIs that the ITS has mapped, and read again when it says so.
/// </summary>
internal sealed class LpiTable
{
    /// <summary>INTIDs have this many bits.</summary>
    public const int IntidBits = 16;

    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;
    private const ulong PropertyRes0 = 0xF8F0_0000_0000_0060;
    private const ulong PendingRes0 = 0xB8F0_0000_0000_F07F;
    private const ulong PendingTableZero = 1UL << 62;
    private const byte PriorityBits = 0xFC;

    /// <summary>The table registers after a reset of KVM: no table, inner shareable, write-back.</summary>
    private const ulong BaseAfterReset = 0x580;

    private readonly Dictionary<uint, Lpi> _lpis = [];
    private readonly PriorityFormat _format;
    private readonly IGuestMemory? _memory;
    private readonly bool[] _enabled;
    private readonly ulong[] _pendingBase;
    private ulong _propertyBase;

    /// <summary>No LPIs yet; without memory there never will be any, though the table registers exist.</summary>
    public LpiTable(int cpuCount, PriorityFormat format, IGuestMemory? memory)
    {
        _format = format;
        _memory = memory;
        _enabled = new bool[cpuCount];
        _pendingBase = new ulong[cpuCount];
        _pendingBase.AsSpan().Fill(BaseAfterReset);
        _propertyBase = memory is null ? 0 : BaseAfterReset;
    }

    /// <summary>Whether there can be LPIs.</summary>
    public bool Exist => _memory is not null;

    /// <summary>GICR_PROPBASER, one for all redistributors; frozen while LPIs are enabled at the one that writes.</summary>
    public ulong PropertyBase => _propertyBase;

    /// <summary>GICR_PENDBASER; PTZ reads as zero.</summary>
    public ulong PendingBase(int cpu) => _pendingBase[cpu] & ~PendingTableZero;

    /// <summary>GICR_CTLR.EnableLPIs.</summary>
    public bool IsEnabled(int cpu) => _enabled[cpu];

    /// <summary>Whether a number can be that of an LPI.</summary>
    public static bool IsLpi(uint intid) => intid is >= Intid.FirstLpi and < 1u << IntidBits;

    public void WritePropertyBase(int cpu, ulong value)
    {
        if (!_enabled[cpu])
        {
            _propertyBase = Sanitize(value) & ~PropertyRes0;
        }
    }

    public void WritePendingBase(int cpu, ulong value)
    {
        if (!_enabled[cpu])
        {
            _pendingBase[cpu] = Sanitize(value) & ~PendingRes0;
        }
    }

    /// <summary>Enabling reads the pending table; disabling forgets what is pending.</summary>
    public void SetEnabled(int cpu, bool enabled)
    {
        if (_enabled[cpu] == enabled || !Exist)
        {
            return;
        }

        _enabled[cpu] = enabled;
        foreach (Lpi lpi in _lpis.Values.Where(l => l.Cpu == cpu))
        {
            lpi.Pending = enabled && ReadPending(lpi);
            ReadConfiguration(lpi);
        }
    }

    /// <summary>An LPI comes into being for a CPU (-1: its collection is not mapped yet).</summary>
    public void Map(uint intid, int cpu)
    {
        var lpi = new Lpi(intid) { Cpu = cpu };
        _lpis[intid] = lpi;
        ReadConfiguration(lpi);
        lpi.Pending = cpu >= 0 && _enabled[cpu] && ReadPending(lpi);
    }

    public void Unmap(uint intid) => _lpis.Remove(intid);

    public bool IsMapped(uint intid) => _lpis.ContainsKey(intid);

    public void Clear() => _lpis.Clear();

    /// <summary>A message or an INT command. False, and nothing, where LPIs are disabled or the collection is not mapped.</summary>
    public bool Trigger(uint intid)
    {
        if (!_lpis.TryGetValue(intid, out Lpi? lpi) || lpi.Cpu < 0 || !_enabled[lpi.Cpu])
        {
            return false;
        }

        lpi.Pending = true;
        return true;
    }

    /// <summary>A CLEAR command.</summary>
    public void ClearPending(uint intid)
    {
        if (_lpis.TryGetValue(intid, out Lpi? lpi))
        {
            lpi.Pending = false;
        }
    }

    /// <summary>The LPI is for another CPU from now on, pending or not (-1: for none).</summary>
    public void Move(uint intid, int cpu)
    {
        if (_lpis.TryGetValue(intid, out Lpi? lpi))
        {
            lpi.Cpu = cpu;
        }
    }

    /// <summary>Every LPI of a CPU is for another from now on.</summary>
    public void MoveAll(int from, int to)
    {
        foreach (Lpi lpi in _lpis.Values.Where(l => l.Cpu == from))
        {
            lpi.Cpu = to;
        }
    }

    /// <summary>Reads the configuration of one LPI again.</summary>
    public void Invalidate(uint intid)
    {
        if (_lpis.TryGetValue(intid, out Lpi? lpi))
        {
            ReadConfiguration(lpi);
        }
    }

    /// <summary>Reads the configuration of all LPIs of a CPU again.</summary>
    public void InvalidateAll(int cpu)
    {
        foreach (Lpi lpi in _lpis.Values.Where(l => l.Cpu == cpu))
        {
            ReadConfiguration(lpi);
        }
    }

    /// <summary>The most urgent LPI of a CPU that is pending and enabled; of equal priorities the lowest INTID.</summary>
    public Candidate MostUrgent(int cpu)
    {
        Lpi? best = null;
        if (_enabled[cpu])
        {
            foreach (Lpi lpi in _lpis.Values)
            {
                if (lpi is { Pending: true, Enabled: true } && lpi.Cpu == cpu
                    && (best is null || (lpi.Priority, lpi.Intid).CompareTo((best.Priority, best.Intid)) < 0))
                {
                    best = lpi;
                }
            }
        }

        return best is null ? Candidate.None : new Candidate(best.Intid, best.Priority, true);
    }

    /// <summary>An acknowledge ends it: there is no active state.</summary>
    public void Acknowledge(uint intid) => _lpis[intid].Pending = false;

    /// <summary>Writes every pending bit to the tables in memory (SAVE_PENDING_TABLES). False where memory is missing.</summary>
    public bool TrySavePending()
    {
        Span<byte> bits = stackalloc byte[1];
        foreach (Lpi lpi in _lpis.Values.Where(l => l.Cpu >= 0))
        {
            ulong address = PendingAddress(lpi);
            if (!_memory!.TryRead(address, bits))
            {
                return false;
            }

            int bit = 1 << (int)(lpi.Intid & 7);
            bits[0] = (byte)(lpi.Pending ? bits[0] | bit : bits[0] & ~bit);
            if (!_memory!.TryWrite(address, bits))
            {
                return false;
            }
        }

        return true;
    }

    public void CopyFrom(LpiTable other)
    {
        _lpis.Clear();
        foreach ((uint intid, Lpi lpi) in other._lpis)
        {
            _lpis[intid] = lpi with { };
        }

        other._enabled.CopyTo(_enabled.AsSpan());
        other._pendingBase.CopyTo(_pendingBase.AsSpan());
        _propertyBase = other._propertyBase;
    }

    public bool StateEquals(LpiTable other) =>
        _propertyBase == other._propertyBase
        && _enabled.AsSpan().SequenceEqual(other._enabled)
        && _pendingBase.AsSpan().SequenceEqual(other._pendingBase)
        && _lpis.Count == other._lpis.Count
        && _lpis.All(pair => other._lpis.TryGetValue(pair.Key, out Lpi? lpi) && lpi == pair.Value);

    /// <summary>
    /// Shareability and cacheability as KVM takes them: outer shareable becomes inner, uncached becomes write-back, and an
    /// outer cacheability of its own becomes that of the inner.
    /// </summary>
    private static ulong Sanitize(ulong register)
    {
        ulong shareability = register >> 10 & 3;
        ulong inner = register >> 7 & 7;
        ulong outer = register >> 56 & 7;
        register &= ~(3UL << 10 | 7UL << 7 | 7UL << 56);
        return register | (shareability == 2 ? 1 : shareability) << 10 | (inner < 2 ? 3 : inner) << 7 | (outer > 1 ? 0 : outer) << 56;
    }

    private void ReadConfiguration(Lpi lpi)
    {
        Span<byte> configuration = stackalloc byte[1];
        if (_memory!.TryRead((_propertyBase & AddressMask) + lpi.Intid - Intid.FirstLpi, configuration))
        {
            lpi.Priority = (byte)(configuration[0] & PriorityBits & _format.Mask);
            lpi.Enabled = (configuration[0] & 1) != 0;
        }
    }

    private bool ReadPending(Lpi lpi)
    {
        Span<byte> bits = stackalloc byte[1];
        return _memory!.TryRead(PendingAddress(lpi), bits) && (bits[0] >> (int)(lpi.Intid & 7) & 1) != 0;
    }

    private ulong PendingAddress(Lpi lpi) => (_pendingBase[lpi.Cpu] & 0x000F_FFFF_FFFF_0000) + lpi.Intid / 8;

    /// <summary>What is cached of one LPI.</summary>
    private sealed record Lpi(uint Intid)
    {
        public int Cpu { get; set; }

        public byte Priority { get; set; }

        public bool Enabled { get; set; }

        public bool Pending { get; set; }
    }
}
