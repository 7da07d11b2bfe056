namespace Orrery.Interrupts.Gic;

/// <summary>
/// Every SGI, PPI and SPI of a GIC: banks of 32 interrupts, their priorities and routes. Bank <c>cpu</c> holds INTIDs 0 to
/// 31 of that CPU; the SPIs follow, one bank for each further word of a bit register.
/// </summary>
internal sealed class InterruptTable
{
    private readonly InterruptBank[] _banks;
    private readonly byte[] _priorities;
    private readonly UrgencyIndex _index;
    private readonly uint[] _mapped;
    private readonly uint[]? _sgiReady;
    private readonly DeliveryLists? _lists;
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
        _index = new UrgencyIndex(_banks, _priorities, cpuCount, _wordCount, deviations.Has(GicDeviations.TiesToHighest));
        _mapped = new uint[cpuCount];
        _sgiReady = sgiSources ? new uint[cpuCount] : null;
        _lists = deviations.Has(GicDeviations.DeliversFromLists) ? new DeliveryLists(cpuCount, bankCount) : null;
        _format = format;
        _deviations = deviations;
        IntidCount = intidCount;
    }

    public int CpuCount { get; }

    public int IntidCount { get; }

    /// <summary>Whether the distributor forwards interrupts of any group. Matters to <see cref="GicDeviations.DeliversFromLists"/> only.</summary>
    public bool Forwards { get; set; }

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
                Enqueue(bank, writable);
                _index.Invalidate(bank);
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

        if (register is BitRegister.SetEnable or BitRegister.SetPending or BitRegister.SetActive)
        {
            Enqueue(bank, mask);
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

    /// <summary>Reads <paramref name="width"/> (1 or 4) priorities from INTID bit <paramref name="bit"/> of a bank.</summary>
    public uint ReadPriorities(int bank, int bit, int width)
    {
        int slot = bank * 32 + bit;
        return width == 1
            ? _priorities[slot]
            : (uint)(_priorities[slot] | _priorities[slot + 1] << 8 | _priorities[slot + 2] << 16 | _priorities[slot + 3] << 24);
    }

    /// <summary>Stores the implemented bits of one or four priorities.</summary>
    public void WritePriorities(int bank, int bit, int width, uint value)
    {
        for (int i = 0; i < width; i++)
        {
            _priorities[bank * 32 + bit + i] = (byte)((byte)(value >> (8 * i)) & _format.Mask);
        }

        _index.Invalidate(bank);
    }

    /// <inheritdoc cref="UrgencyIndex.SetRouted"/>
    public void SetRouted(int cpu, uint intid, bool routed)
    {
        if (_lists is not null)
        {
            uint bit = 1u << (int)(intid & 31);
            int bank = BankOf(cpu, intid);
            _lists.SetRouted(cpu, bank, bit, routed);
            routed = (_lists.Deliverable(cpu, bank) & bit) != 0;
        }

        _index.SetRouted(cpu, intid, routed);
    }

    /// <summary>Something happened to interrupts that makes KVM look where to deliver them.</summary>
    public void Enqueue(int bank, uint mask)
    {
        if (_lists is not null)
        {
            _lists.Enqueue(bank, mask, _banks[bank].Active, Wanting(bank));
            ApplyLists(bank);
        }
    }

    /// <summary>A CPU left its guest, and KVM looks again at what is on its list.</summary>
    public void LeaveGuest(int cpu)
    {
        for (int bank = 0; _lists is not null && bank < _lists.BankCount; bank++)
        {
            if (_lists.Listed(cpu, bank) != 0)
            {
                _lists.Prune(cpu, bank, _banks[bank].Active, Wanting(bank));
                ApplyLists(bank);
            }
        }
    }

    /// <summary>Whether a CPU can deactivate an interrupt: under KVM only one of its own list.</summary>
    public bool CanDeactivate(int cpu, int bank, uint bit) => _lists is null || (_lists.Listed(cpu, bank) & bit) != 0;

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
        ref InterruptBank state = ref _banks[bank];
        // What changes nothing is no event: a level that is there already, and the fall of an edge interrupt's line.
        uint heard = level ? mask & (state.Edge | ~state.Line) : mask & ~state.Edge & state.Line;
        state.SetLine(mask, level, _deviations);
        Enqueue(bank, heard);
        Refresh(bank);
    }

    /// <summary>Lines that were high all along, as a restored controller finds them: no edge.</summary>
    public void AdoptHighLines(int bank, uint mask)
    {
        ref InterruptBank state = ref _banks[bank];
        uint kept = _deviations.Has(GicDeviations.EveryHighIsAnEdge) ? mask & ~state.Edge : mask;
        state.Line |= kept;
        Enqueue(bank, kept);
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

    /// <summary>To be called after a change of what makes an interrupt of a bank eligible.</summary>
    public void Refresh(int bank)
    {
        ref readonly InterruptBank state = ref _banks[bank];
        uint eligible = _deviations.Has(GicDeviations.ActiveDoesNotGate) ? state.Pending & state.Enabled : state.Eligible;
        if (bank < CpuCount && _sgiReady is not null)
        {
            eligible = (eligible & 0xFFFF_0000) | (_sgiReady[bank] & state.Enabled);
        }

        if (_lists is not null && bank < CpuCount)
        {
            eligible &= _lists.Listed(bank, bank);
        }

        _index.SetEligible(bank, eligible);
    }

    /// <inheritdoc cref="UrgencyIndex.MostUrgent"/>
    public Candidate MostUrgent(int cpu, bool group0, bool group1) => _index.MostUrgent(cpu, group0, group1);

    /// <summary>Takes over all state of another table of the same shape.</summary>
    public void CopyFrom(InterruptTable other)
    {
        other._banks.CopyTo(_banks.AsSpan());
        other._priorities.CopyTo(_priorities.AsSpan());
        _index.CopyFrom(other._index);
        other._mapped.CopyTo(_mapped.AsSpan());
        other._sgiReady?.CopyTo(_sgiReady.AsSpan());
        _lists?.CopyFrom(other._lists!);
        Forwards = other.Forwards;
    }

    /// <summary>Whether all state is equal; what is derived is not looked at.</summary>
    public bool StateEquals(InterruptTable other) =>
        _banks.AsSpan().SequenceEqual(other._banks)
        && _priorities.AsSpan().SequenceEqual(other._priorities)
        && _index.RoutesEqual(other._index)
        && _mapped.AsSpan().SequenceEqual(other._mapped)
        && (_lists is null || _lists.ContentEquals(other._lists!));

    /// <summary>What of a bank waits to be delivered, as KVM decides it.</summary>
    private uint Wanting(int bank) => Forwards ? _banks[bank].Pending & _banks[bank].Enabled : 0;

    /// <summary>Brings the index up to date with the lists.</summary>
    private void ApplyLists(int bank)
    {
        if (bank < CpuCount)
        {
            Refresh(bank);
            return;
        }

        uint first = (uint)(bank - CpuCount + 1) * 32;
        for (int cpu = 0; cpu < CpuCount; cpu++)
        {
            uint deliverable = _lists!.Deliverable(cpu, bank);
            for (int bit = 0; bit < 32; bit++)
            {
                _index.SetRouted(cpu, first + (uint)bit, (deliverable >> bit & 1) != 0);
            }
        }
    }
}
