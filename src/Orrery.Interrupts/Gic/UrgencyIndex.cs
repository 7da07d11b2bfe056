using System.Numerics;

namespace Orrery.Interrupts.Gic;

/// <summary>
/// Finds the most urgent interrupt of a CPU without looking at every interrupt. All of it is derived from an
/// <see cref="InterruptTable"/>, except the routes: for each CPU, the SPIs that may be signalled to it.
/// </summary>
/// <remarks>
/// For each CPU it keeps which banks hold something eligible that is routed there, and the most urgent of each bank and
/// group; what a change makes stale is looked up again when it is next asked for.
/// </remarks>
internal sealed class UrgencyIndex
{
    /// <summary>No interrupt; above every key.</summary>
    private const uint None = uint.MaxValue;

    // A key orders interrupts by urgency, lowest first: [18:11] priority, [10:1] INTID xor _intidOrder, [0] group.
    private const int PriorityShift = 11, IntidShift = 1;
    private const uint IntidMask = 0x3FF;

    private readonly InterruptBank[] _banks;
    private readonly byte[] _priorities;
    private readonly int _cpuCount;
    private readonly int _wordCount;
    private readonly uint _intidOrder;
    private readonly uint[] _eligible;
    private readonly uint[] _routed;
    private readonly uint[] _ready;
    private readonly uint[] _stale;
    private readonly uint[] _best0;
    private readonly uint[] _best1;

    /// <summary>An index over the banks and priorities of a table, which stay the same arrays; SPIs are routed nowhere.</summary>
    /// <param name="banks">The table's banks.</param>
    /// <param name="priorities">The table's priorities.</param>
    /// <param name="cpuCount">CPUs.</param>
    /// <param name="wordCount">Bit registers of INTIDs.</param>
    /// <param name="highestFirst">Whether of equal priorities the highest INTID wins, not the lowest.</param>
    public UrgencyIndex(InterruptBank[] banks, byte[] priorities, int cpuCount, int wordCount, bool highestFirst)
    {
        _intidOrder = highestFirst ? IntidMask : 0;
        _banks = banks;
        _priorities = priorities;
        _cpuCount = cpuCount;
        _wordCount = wordCount;
        _eligible = new uint[banks.Length];
        _routed = new uint[cpuCount * wordCount];
        _ready = new uint[cpuCount];
        _stale = new uint[cpuCount];
        _best0 = new uint[cpuCount * wordCount];
        _best1 = new uint[cpuCount * wordCount];
        for (int cpu = 0; cpu < cpuCount; cpu++)
        {
            _routed[cpu * wordCount] = uint.MaxValue;
        }
    }

    /// <summary>Whether an SPI is routed to a CPU.</summary>
    public bool IsRouted(int cpu, uint intid) => (_routed[cpu * _wordCount + (int)(intid >> 5)] >> (int)(intid & 31) & 1) != 0;

    /// <summary>Adds or removes a CPU from those that an SPI may be signalled to.</summary>
    public void SetRouted(int cpu, uint intid, bool routed)
    {
        int word = (int)(intid >> 5);
        ref uint routes = ref _routed[cpu * _wordCount + word];
        uint bit = 1u << (int)(intid & 31);
        uint changed = routed ? routes | bit : routes & ~bit;
        if (changed != routes)
        {
            routes = changed;
            MarkStale(cpu, word, _eligible[_cpuCount + word - 1]);
        }
    }

    /// <summary>What is eligible in a bank may have changed.</summary>
    public void SetEligible(int bank, uint eligible)
    {
        if (bank < _cpuCount)
        {
            _eligible[bank] = eligible;
            MarkStale(bank, 0, eligible);
        }
        else if (eligible != _eligible[bank])
        {
            _eligible[bank] = eligible;
            Invalidate(bank);
        }
    }

    /// <summary>Priorities or groups of a bank changed.</summary>
    public void Invalidate(int bank)
    {
        if (bank < _cpuCount)
        {
            MarkStale(bank, 0, _eligible[bank]);
            return;
        }

        int word = bank - _cpuCount + 1;
        for (int cpu = 0; cpu < _cpuCount; cpu++)
        {
            MarkStale(cpu, word, _eligible[bank]);
        }
    }

    /// <summary>
    /// The most urgent eligible interrupt of a CPU among the groups enabled; of equal priorities the lowest INTID (or the
    /// highest, if the index was made so).
    /// </summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="group0">Whether group 0 takes part.</param>
    /// <param name="group1">Whether group 1 takes part.</param>
    public Candidate MostUrgent(int cpu, bool group0, bool group1)
    {
        uint best = None;
        uint hidden0 = group0 ? 0 : None;
        uint hidden1 = group1 ? 0 : None;
        uint ready = _ready[cpu];
        uint stale = _stale[cpu];
        for (uint words = ready; words != 0; words &= words - 1)
        {
            int word = BitOperations.TrailingZeroCount(words);
            int slot = cpu * _wordCount + word;
            if ((stale >> word & 1) != 0)
            {
                FindBest(cpu, word, slot);
            }

            best = Math.Min(best, Math.Min(_best0[slot] | hidden0, _best1[slot] | hidden1));
        }

        _stale[cpu] = stale & ~ready;
        return best == None
            ? Candidate.None
            : new Candidate((best >> IntidShift & IntidMask) ^ _intidOrder, (byte)(best >> PriorityShift), (best & 1) != 0);
    }

    /// <summary>Takes over routes, and what follows from them, of another index whose table is equal.</summary>
    public void CopyFrom(UrgencyIndex other)
    {
        other._eligible.CopyTo(_eligible.AsSpan());
        other._routed.CopyTo(_routed.AsSpan());
        other._ready.CopyTo(_ready.AsSpan());
        _stale.AsSpan().Fill(uint.MaxValue);
    }

    /// <summary>Whether the routes, the only state here, are equal.</summary>
    public bool RoutesEqual(UrgencyIndex other) => _routed.AsSpan().SequenceEqual(other._routed);

    private void MarkStale(int cpu, int word, uint eligible)
    {
        uint bit = 1u << word;
        _stale[cpu] |= bit;
        _ready[cpu] = (eligible & _routed[cpu * _wordCount + word]) != 0 ? _ready[cpu] | bit : _ready[cpu] & ~bit;
    }

    private void FindBest(int cpu, int word, int slot)
    {
        int bank = word == 0 ? cpu : _cpuCount + word - 1;
        uint bits = _eligible[bank] & _routed[slot];
        uint group1 = _banks[bank].Group1;
        _best0[slot] = LowestKey(bank, word, bits & ~group1);
        uint lowest1 = LowestKey(bank, word, bits & group1);
        _best1[slot] = lowest1 == None ? None : lowest1 | 1;
    }

    private uint LowestKey(int bank, int word, uint bits)
    {
        uint best = None;
        for (; bits != 0; bits &= bits - 1)
        {
            int bit = BitOperations.TrailingZeroCount(bits);
            uint intid = (uint)(word * 32 + bit) ^ _intidOrder;
            best = Math.Min(best, (uint)_priorities[bank * 32 + bit] << PriorityShift | intid << IntidShift);
        }

        return best;
    }
}
