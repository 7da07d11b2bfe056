using System.Numerics;

namespace Orrery.Interrupts.Gic;

/// <summary>
/// Every SGI, PPI and SPI of a GIC: banks of 32 interrupts, their priorities and routes. Bank <c>cpu</c> holds INTIDs 0 to
/// 31 of that CPU; the SPIs follow, one bank for each further word of a bit register.
/// </summary>
/// <remarks>
/// Two derived summaries keep the search for the most urgent interrupt short: what is eligible in each bank, and for each
/// CPU which banks hold something eligible for it. <see cref="Refresh"/> brings them up to date after a change of a bank.
/// </remarks>
internal sealed class InterruptTable
{
    private readonly InterruptBank[] _banks;
    private readonly byte[] _priorities;
    private readonly uint[] _eligible;
    private readonly uint[] _readyBanks;
    private readonly uint[] _routed;
    private readonly uint[] _mapped;
    private readonly uint[]? _sgiReady;
    private readonly PriorityFormat _format;
    private readonly GicDeviations _deviations;
    private readonly int _wordCount;

    /// <summary>All interrupts idle, disabled, level-sensitive, group 0, priority 0, routed nowhere.</summary>
    /// <param name="cpuCount">CPUs.</param>
    /// <param name="intidCount">INTIDs, private ones included: a multiple of 32 up to 1024.</param>
    /// <param name="format">Priority bits.</param>
    /// <param name="deviations">What differs from the architecture.</param>
    /// <param name="sgiSources">Whether an SGI has several pending instances (GICv2); see <see cref="SetSgiReady"/>.</param>
    public InterruptTable(int cpuCount, int intidCount, PriorityFormat format, GicDeviations deviations, bool sgiSources)
    {
        CpuCount = cpuCount;
        _wordCount = intidCount / 32;
        int bankCount = cpuCount + _wordCount - 1;
        _banks = new InterruptBank[bankCount];
        _priorities = new byte[bankCount * 32];
        _eligible = new uint[bankCount];
        _readyBanks = new uint[cpuCount];
        _routed = new uint[cpuCount * _wordCount];
        _mapped = new uint[cpuCount];
        _sgiReady = sgiSources ? new uint[cpuCount] : null;
        _format = format;
        _deviations = deviations;
        IntidCount = intidCount;
        for (int cpu = 0; cpu < cpuCount; cpu++)
        {
            _routed[cpu * _wordCount] = uint.MaxValue;
        }
    }

    public int CpuCount { get; }

    public int IntidCount { get; }

    /// <summary>Bit registers of INTIDs: one for each 32, the private ones included.</summary>
    public int WordCount => _wordCount;

    /// <summary>Whether the INTID is an SGI, a PPI or an implemented SPI.</summary>
    public bool Exists(uint intid) => intid < (uint)IntidCount && intid < Intid.SpiEnd;

    /// <summary>The bank that word <paramref name="word"/> of a bit register means to a CPU.</summary>
    public int BankOfWord(int cpu, int word) => word == 0 ? cpu : CpuCount + word - 1;

    /// <summary>The bank of an INTID, as a CPU sees it.</summary>
    public int BankOf(int cpu, uint intid) => BankOfWord(cpu, (int)(intid >> 5));

    /// <summary>The bits of a word that belong to implemented INTIDs.</summary>
    public static uint Implemented(int word) => word == (int)(Intid.SpiEnd >> 5) ? (1u << (int)(Intid.SpiEnd & 31)) - 1 : uint.MaxValue;

    /// <summary>The state of a bank. Whoever changes what makes an interrupt eligible calls <see cref="Refresh"/> afterwards.</summary>
    public ref InterruptBank this[int bank] => ref _banks[bank];

    /// <summary>The interrupts of a bank that are forwarded from a physical one, which keeps their active state (timer PPIs).</summary>
    public uint Mapped(int bank) => bank < CpuCount ? _mapped[bank] : 0;

    public void SetMapped(int cpu, uint mask) => _mapped[cpu] = mask;

    public uint ReadBits(BitRegister register, int bank)
    {
        ref readonly InterruptBank state = ref _banks[bank];
        return register switch
        {
            BitRegister.Group => state.Group1,
            BitRegister.SetEnable or BitRegister.ClearEnable => state.Enabled,
            BitRegister.SetPending or BitRegister.ClearPending => state.Pending,
            _ => state.Active,
        };
    }

    /// <summary>A write of a bit register, as a guest makes it, restricted to <paramref name="writable"/> bits.</summary>
    public void WriteBits(BitRegister register, int bank, uint value, uint writable)
    {
        ref InterruptBank state = ref _banks[bank];
        uint mask = value & writable;
        switch (register)
        {
            case BitRegister.Group:
                state.Group1 = (state.Group1 & ~writable) | mask;
                return;
            case BitRegister.SetEnable:
                state.Enabled |= mask;
                break;
            case BitRegister.ClearEnable:
                state.Enabled &= ~mask;
                break;
            case BitRegister.SetPending:
                state.SetPending(mask, _deviations);
                break;
            case BitRegister.ClearPending:
                state.ClearPending(mask, _deviations);
                break;
            case BitRegister.SetActive:
                state.SetActive(mask);
                break;
            default:
                state.ClearActive(mask);
                break;
        }

        Refresh(bank);
    }

    /// <summary>Two configuration bits for each of 16 INTIDs; the upper one is 1 for edge.</summary>
    /// <param name="bank">The bank.</param>
    /// <param name="upper">Whether the upper 16 INTIDs of the bank are meant.</param>
    public uint ReadConfiguration(int bank, bool upper)
    {
        uint half = (_banks[bank].Edge >> (upper ? 16 : 0)) & 0xFFFF;
        uint spread = (half | half << 8) & 0x00FF_00FF;
        spread = (spread | spread << 4) & 0x0F0F_0F0F;
        spread = (spread | spread << 2) & 0x3333_3333;
        return ((spread | spread << 1) & 0x5555_5555) << 1;
    }

    /// <summary>Sets the trigger of 16 INTIDs, restricted to those in <paramref name="writable"/> (a mask of the bank).</summary>
    public void WriteConfiguration(int bank, bool upper, uint value, uint writable)
    {
        uint packed = (value >> 1) & 0x5555_5555;
        packed = (packed | packed >> 1) & 0x3333_3333;
        packed = (packed | packed >> 2) & 0x0F0F_0F0F;
        packed = (packed | packed >> 4) & 0x00FF_00FF;
        packed = (packed | packed >> 8) & 0x0000_FFFF;
        int shift = upper ? 16 : 0;
        uint mask = 0xFFFFu << shift & writable;
        ref InterruptBank state = ref _banks[bank];
        state.Edge = (state.Edge & ~mask) | (packed << shift & mask);
        Refresh(bank);
    }

    public byte Priority(int bank, int bit) => _priorities[bank * 32 + bit];

    /// <summary>Stores the implemented bits of a priority.</summary>
    public void SetPriority(int bank, int bit, byte value) => _priorities[bank * 32 + bit] = (byte)(value & _format.Mask);

    /// <summary>Reads <paramref name="width"/> (1 or 4) priorities from INTID bit <paramref name="bit"/> of a bank.</summary>
    public uint ReadPriorities(int bank, int bit, int width)
    {
        int slot = bank * 32 + bit;
        return width == 1
            ? _priorities[slot]
            : (uint)(_priorities[slot] | _priorities[slot + 1] << 8 | _priorities[slot + 2] << 16 | _priorities[slot + 3] << 24);
    }

    public void WritePriorities(int bank, int bit, int width, uint value)
    {
        for (int i = 0; i < width; i++)
        {
            SetPriority(bank, bit + i, (byte)(value >> (8 * i)));
        }
    }

    /// <summary>Whether an SPI is routed to a CPU.</summary>
    public bool IsRouted(int cpu, uint intid) => (_routed[cpu * _wordCount + (int)(intid >> 5)] >> (int)(intid & 31) & 1) != 0;

    /// <summary>Adds or removes a CPU from those that an SPI may be signalled to.</summary>
    public void SetRouted(int cpu, uint intid, bool routed)
    {
        ref uint word = ref _routed[cpu * _wordCount + (int)(intid >> 5)];
        uint bit = 1u << (int)(intid & 31);
        word = routed ? word | bit : word & ~bit;
        RefreshReady(cpu, BankOf(cpu, intid), (int)(intid >> 5));
    }

    /// <summary>
    /// GICv2: which SGIs of a CPU have a source that is pending and not active, which is what makes an SGI eligible there.
    /// </summary>
    public void SetSgiReady(int cpu, uint ready)
    {
        _sgiReady![cpu] = ready;
        Refresh(cpu);
    }

    public void SetLine(int bank, uint mask, bool level)
    {
        _banks[bank].SetLine(mask, level, _deviations);
        Refresh(bank);
    }

    public void Acknowledge(int bank, uint mask)
    {
        _banks[bank].Acknowledge(mask, _deviations);
        Refresh(bank);
    }

    public void Deactivate(int bank, uint mask)
    {
        _banks[bank].Deactivate(mask, _deviations);
        Refresh(bank);
    }

    /// <summary>Brings the summaries up to date with a bank.</summary>
    public void Refresh(int bank)
    {
        ref readonly InterruptBank state = ref _banks[bank];
        uint eligible = _deviations.Has(GicDeviations.ActiveDoesNotGate) ? state.Pending & state.Enabled : state.Eligible;
        if (bank < CpuCount)
        {
            if (_sgiReady is not null)
            {
                eligible = (eligible & 0xFFFF_0000) | (_sgiReady[bank] & state.Enabled);
            }

            _eligible[bank] = eligible;
            RefreshReady(bank, bank, 0);
        }
        else if (eligible != _eligible[bank])
        {
            _eligible[bank] = eligible;
            for (int cpu = 0; cpu < CpuCount; cpu++)
            {
                RefreshReady(cpu, bank, bank - CpuCount + 1);
            }
        }
    }

    /// <summary>
    /// The most urgent eligible interrupt of a CPU among the groups enabled; of equal priorities the lowest INTID.
    /// </summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="group0">All ones if group 0 takes part, else 0.</param>
    /// <param name="group1">All ones if group 1 takes part, else 0.</param>
    public Candidate MostUrgent(int cpu, uint group0, uint group1)
    {
        Candidate best = Candidate.None;
        int bestPriority = PriorityFormat.Idle + 1;
        for (uint words = _readyBanks[cpu]; words != 0; words &= words - 1)
        {
            int word = BitOperations.TrailingZeroCount(words);
            int bank = BankOfWord(cpu, word);
            uint isGroup1 = _banks[bank].Group1;
            uint bits = _eligible[bank] & _routed[cpu * _wordCount + word] & ((isGroup1 & group1) | (~isGroup1 & group0));
            for (; bits != 0; bits &= bits - 1)
            {
                int bit = BitOperations.TrailingZeroCount(bits);
                byte priority = _priorities[bank * 32 + bit];
                if (priority < bestPriority)
                {
                    bestPriority = priority;
                    best = new Candidate((uint)(word * 32 + bit), priority, (isGroup1 >> bit & 1) != 0);
                }
            }
        }

        return best;
    }

    /// <summary>Takes over all state of another table of the same shape.</summary>
    public void CopyFrom(InterruptTable other)
    {
        other._banks.CopyTo(_banks.AsSpan());
        other._priorities.CopyTo(_priorities.AsSpan());
        other._eligible.CopyTo(_eligible.AsSpan());
        other._readyBanks.CopyTo(_readyBanks.AsSpan());
        other._routed.CopyTo(_routed.AsSpan());
        other._mapped.CopyTo(_mapped.AsSpan());
        other._sgiReady?.CopyTo(_sgiReady.AsSpan());
    }

    /// <summary>Whether all state is equal; what is derived is not looked at.</summary>
    public bool StateEquals(InterruptTable other) =>
        _banks.AsSpan().SequenceEqual(other._banks)
        && _priorities.AsSpan().SequenceEqual(other._priorities)
        && _routed.AsSpan().SequenceEqual(other._routed)
        && _mapped.AsSpan().SequenceEqual(other._mapped);

    private void RefreshReady(int cpu, int bank, int word)
    {
        uint bit = 1u << word;
        bool ready = (_eligible[bank] & _routed[cpu * _wordCount + word]) != 0;
        _readyBanks[cpu] = ready ? _readyBanks[cpu] | bit : _readyBanks[cpu] & ~bit;
    }
}
