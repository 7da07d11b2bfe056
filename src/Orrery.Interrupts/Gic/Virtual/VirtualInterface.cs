namespace Orrery.Interrupts.Gic.Virtual;

/// <summary>
/// The virtual CPU interface of one physical CPU: list registers that a hypervisor fills, and the CPU interface that its guest
/// sees of them (IHI 0048 chapter 5, IHI 0069 chapter 6). The hypervisor's registers are in the other part: GICH of a GICv2,
/// ICH of a GICv3.
/// </summary>
/// <remarks>Five priority bits, as KVM's guests have them. Priority drop and preemption are those of the physical CPU interface.</remarks>
public sealed partial class VirtualInterface
{
    /// <summary>The most list registers that the registers have room for in both GICs.</summary>
    public const int ListRegisterLimit = 16;

    private const int PriorityBits = 5;
    private const int EoiCountLimit = 31;
    private readonly PriorityFormat _format = new(PriorityBits);
    private readonly CpuInterface _guest;
    private readonly VirtualInterrupt[] _list;
    private readonly GicController _physical;
    private readonly int _cpu;
    private readonly bool _isV3;

    /// <summary>An interface after reset: disabled, all list registers empty.</summary>
    /// <param name="physical">The controller whose interrupts hardware list registers deactivate; it decides between GICH and ICH.</param>
    /// <param name="cpu">The physical CPU.</param>
    /// <param name="listRegisters">List registers, 1 to 16.</param>
    public VirtualInterface(GicController physical, int cpu, int listRegisters = 4)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)cpu, (uint)physical.CpuCount, nameof(cpu));
        ArgumentOutOfRangeException.ThrowIfLessThan(listRegisters, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(listRegisters, ListRegisterLimit);
        _physical = physical;
        _cpu = cpu;
        _isV3 = physical is V3.GicV3;
        _guest = new CpuInterface(_format, GicDeviations.None);
        _list = new VirtualInterrupt[listRegisters];
    }

    /// <summary>What the list registers hold.</summary>
    public IReadOnlyList<VirtualInterrupt> List => _list;

    /// <summary>EOIcount: deactivations of interrupts that are in no list register.</summary>
    public int EoiCount { get; private set; }

    /// <summary>The maintenance interrupt of this CPU: enabled, and any reason in MISR.</summary>
    public bool Maintenance => IsEnabled && MaintenanceReasons != 0;

    /// <summary>What the guest's CPU is signalled.</summary>
    public CpuSignals Signalled
    {
        get
        {
            int best = MostUrgent();
            if (best < 0 || !_guest.Passes(_list[best].Priority, _list[best].Group1))
            {
                return CpuSignals.None;
            }

            bool isFiq = _isV3 ? !_list[best].Group1 : !_list[best].Group1 && _guest.FiqEnabled;
            return isFiq ? CpuSignals.Fiq : CpuSignals.Irq;
        }
    }

    /// <summary>The guest's running priority.</summary>
    public byte RunningPriority => _guest.RunningPriority;

    /// <summary>
    /// The guest reads IAR: the most urgent pending interrupt becomes active. INTID, and of a GICv2's SGI the source in [12:10];
    /// 1023 when there is nothing to acknowledge, or it is of the other group.
    /// </summary>
    /// <param name="group1">GICv3: IAR1, else IAR0. A GICv2's IAR takes group 1 with AckCtl only, else it reads 1022.</param>
    public uint Acknowledge(bool group1)
    {
        int best = MostUrgent();
        if (best < 0 || !_guest.Passes(_list[best].Priority, _list[best].Group1))
        {
            return Intid.Spurious;
        }

        VirtualInterrupt interrupt = _list[best];
        if (_isV3 ? interrupt.Group1 != group1 : interrupt.Group1 && !group1 && !_guest.AckCtl)
        {
            return _isV3 ? Intid.Spurious : Intid.WrongGroup;
        }

        _guest.Raise(interrupt.Priority, interrupt.Group1);
        _list[best] = interrupt with { Pending = false, Active = interrupt.Intid < Intid.FirstLpi };
        return interrupt.Intid | (_isV3 ? 0 : interrupt.SourceCpu << 10);
    }

    /// <summary>The guest writes EOIR: priority drop and, in EOImode 0, deactivation. Special INTIDs are ignored.</summary>
    public void EndOfInterrupt(uint value)
    {
        if (IsSpecial(value) || !_guest.TryDrop(out _, out _) || _guest.SplitEoi)
        {
            return;
        }

        DeactivateListed(value);
    }

    /// <summary>The guest writes DIR: deactivation in EOImode 1, else nothing.</summary>
    public void Deactivate(uint value)
    {
        if (!IsSpecial(value) && _guest.SplitEoi)
        {
            DeactivateListed(value);
        }
    }

    private bool IsSpecial(uint value) => IntidOf(value) is >= Intid.SpiEnd and < Intid.MaxCount;

    private uint IntidOf(uint value) => _isV3 ? value : value & 0x3FF;

    /// <summary>The register that holds it loses its active state, and with HW so does the physical interrupt; else EOIcount counts.</summary>
    private void DeactivateListed(uint value)
    {
        uint intid = IntidOf(value);
        uint source = _isV3 || intid >= Intid.SgiCount ? 0 : value >> 10 & 7;
        for (int i = 0; i < _list.Length; i++)
        {
            VirtualInterrupt interrupt = _list[i];
            if (interrupt.Active && interrupt.Intid == intid && (interrupt.Hardware || interrupt.SourceCpu == source || intid >= Intid.SgiCount))
            {
                _list[i] = interrupt with { Active = false };
                if (interrupt.Hardware)
                {
                    _physical.DeactivateFromGuest(_cpu, interrupt.PhysicalIntid);
                }

                return;
            }
        }

        // An LPI has no active state, so that nothing is missed.
        EoiCount = intid < Intid.FirstLpi ? Math.Min(EoiCount + 1, EoiCountLimit) : EoiCount;
    }

    /// <summary>The list register with the most urgent interrupt that may be signalled, lowest first among equals; -1 if none.</summary>
    private int MostUrgent()
    {
        int best = -1;
        for (int i = 0; IsEnabled && i < _list.Length; i++)
        {
            VirtualInterrupt interrupt = _list[i];
            if (interrupt is { Pending: true, Active: false } && _guest.IsEnabled(interrupt.Group1)
                && (best < 0 || interrupt.Priority < _list[best].Priority))
            {
                best = i;
            }
        }

        return best;
    }
}
