namespace Orrery.Interrupts.Gic;

/// <summary>
/// The lists from which KVM delivers interrupts, one for each vCPU (Linux 6.12, <c>arch/arm64/kvm/vgic/vgic.c</c>,
/// <c>ap_list</c>). An interrupt is put on one when something happens to it, and is looked at again only when that vCPU
/// leaves its guest; a vCPU sees only what is on its own list (<see cref="GicDeviations.DeliversFromLists"/>).
/// </summary>
internal sealed class DeliveryLists
{
    private readonly int _cpuCount;
    private readonly int _bankCount;

    /// <summary>For each CPU and bank: what is on the CPU's list, and what is routed to it.</summary>
    private readonly uint[] _listed;
    private readonly uint[] _routed;

    /// <summary>Empty lists; private interrupts belong to their CPU, shared ones to none yet.</summary>
    public DeliveryLists(int cpuCount, int bankCount)
    {
        _cpuCount = cpuCount;
        _bankCount = bankCount;
        _listed = new uint[cpuCount * bankCount];
        _routed = new uint[cpuCount * bankCount];
        for (int cpu = 0; cpu < cpuCount; cpu++)
        {
            _routed[Slot(cpu, cpu)] = uint.MaxValue;
        }
    }

    /// <summary>Banks.</summary>
    public int BankCount => _bankCount;

    /// <summary>What of a bank is on a CPU's list.</summary>
    public uint Listed(int cpu, int bank) => _listed[Slot(cpu, bank)];

    /// <summary>What of a bank may be signalled to a CPU: on its list, and (still) routed to it.</summary>
    public uint Deliverable(int cpu, int bank) => _listed[Slot(cpu, bank)] & _routed[Slot(cpu, bank)];

    public void SetRouted(int cpu, int bank, uint bit, bool routed)
    {
        ref uint routes = ref _routed[Slot(cpu, bank)];
        routes = routed ? routes | bit : routes & ~bit;
    }

    /// <summary>
    /// Something happened to the interrupts in <paramref name="mask"/>. Those on no list that are active, or in
    /// <paramref name="wanting"/> (pending and enabled in a distributor that forwards), join that of the CPU they are
    /// routed to.
    /// </summary>
    public void Enqueue(int bank, uint mask, uint active, uint wanting)
    {
        uint joining = mask & (active | wanting);
        for (int cpu = 0; cpu < _cpuCount; cpu++)
        {
            joining &= ~_listed[Slot(cpu, bank)];
        }

        for (int cpu = 0; cpu < _cpuCount && joining != 0; cpu++)
        {
            uint here = joining & _routed[Slot(cpu, bank)];
            _listed[Slot(cpu, bank)] |= here;
            joining &= ~here;
        }
    }

    /// <summary>
    /// A CPU left its guest: of what is on its list, active interrupts stay, wanting ones go to the CPU they are routed
    /// to, others leave.
    /// </summary>
    public void Prune(int cpu, int bank, uint active, uint wanting)
    {
        uint moving = _listed[Slot(cpu, bank)] & ~active;
        _listed[Slot(cpu, bank)] &= active;
        for (int target = 0; target < _cpuCount; target++)
        {
            _listed[Slot(target, bank)] |= moving & wanting & _routed[Slot(target, bank)];
        }
    }

    /// <summary>Takes over the lists of another object of the same shape.</summary>
    public void CopyFrom(DeliveryLists other)
    {
        other._listed.CopyTo(_listed.AsSpan());
        other._routed.CopyTo(_routed.AsSpan());
    }

    public bool ContentEquals(DeliveryLists other) =>
        _listed.AsSpan().SequenceEqual(other._listed) && _routed.AsSpan().SequenceEqual(other._routed);

    private int Slot(int cpu, int bank) => cpu * _bankCount + bank;
}
