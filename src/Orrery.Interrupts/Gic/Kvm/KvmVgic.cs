using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;

namespace Orrery.Interrupts.Gic.Kvm;

/// <summary>
/// A GIC device of KVM with its life: vCPUs are created, addresses and sizes set, the device initialised, vCPUs run; and
/// what each call answers in each of these phases (Linux 6.12). Behind it is a <see cref="GicV2"/> or <see cref="GicV3"/>.
/// </summary>
public sealed class KvmVgic
{
    private const int DefaultIntidCount = 256;
    private const int VcpuLimitV2 = 8;
    private const int VcpuLimitV3 = 512;

    private readonly KvmVgicOptions _options;
    private readonly VgicAddresses _addresses;
    private readonly List<bool> _hasRun = [];
    private int _intidCount;
    private GicController? _gic;

    /// <summary>The device as KVM_CREATE_DEVICE leaves it, in a VM without vCPUs.</summary>
    public KvmVgic(KvmVgicOptions options)
    {
        _options = options;
        _addresses = new VgicAddresses(options.Kind, options.AddressBits);
    }

    /// <summary>Which device.</summary>
    public VgicKind Kind => _options.Kind;

    /// <summary>vCPUs created so far.</summary>
    public int VcpuCount => _hasRun.Count;

    /// <summary>The controller; null until the device is initialised.</summary>
    public GicController? Gic => _gic;

    /// <summary>KVM_CREATE_VCPU of the next vCPU: too late once the device is initialised, and limited in number.</summary>
    public KvmErrno CreateVcpu()
    {
        if (_gic is not null)
        {
            return KvmErrno.Busy;
        }

        if (VcpuCount >= (Kind == VgicKind.GicV2 ? VcpuLimitV2 : VcpuLimitV3))
        {
            return KvmErrno.Invalid;
        }

        _hasRun.Add(false);
        return KvmErrno.None;
    }

    /// <summary>HAS_DEVICE_ATTR.</summary>
    public KvmErrno HasAttribute(VgicAttribute attribute)
    {
        switch (attribute.Group)
        {
            case VgicGroup.Address:
                return _addresses.Has(attribute.Attr) ? KvmErrno.None : KvmErrno.NoSuchAttribute;
            case VgicGroup.IntidCount:
                return KvmErrno.None;
            case VgicGroup.Control:
                return attribute.Attr == VgicAttribute.ControlInit
                    || (attribute.Attr == VgicAttribute.ControlSavePendingTables && Kind == VgicKind.GicV3)
                    ? KvmErrno.None
                    : KvmErrno.NoSuchAttribute;
            default:
                return Kind == VgicKind.GicV2
                    ? VgicRegions.HasV2(attribute, VcpuCount, IntidCount)
                    : VgicRegions.HasV3(attribute, [.. Enumerable.Range(0, VcpuCount).Select(Affinity.OfVcpu)], IntidCount);
        }
    }

    /// <summary>GET_DEVICE_ATTR; <paramref name="value"/> matters only where the kernel reads it (a region's index).</summary>
    public AttributeReading GetAttribute(VgicAttribute attribute, ulong value = 0)
    {
        switch (attribute.Group)
        {
            case VgicGroup.Address:
                return _addresses.Get(attribute.Attr, value);
            case VgicGroup.IntidCount:
                return AttributeReading.Of((ulong)IntidCount);
            case VgicGroup.Control:
                return AttributeReading.Failed(KvmErrno.NoSuchAttribute);
            default:
                KvmErrno error = PrepareRegisters(attribute);
                return error != KvmErrno.None ? AttributeReading.Failed(error) : ((IVgic)_gic!).GetAttribute(attribute);
        }
    }

    /// <summary>SET_DEVICE_ATTR.</summary>
    public KvmErrno SetAttribute(VgicAttribute attribute, ulong value)
    {
        switch (attribute.Group)
        {
            case VgicGroup.Address:
                return _addresses.Set(attribute.Attr, value, VcpuCount);
            case VgicGroup.IntidCount:
                return SetIntidCount((uint)value);
            case VgicGroup.Control:
                return Control(attribute.Attr);
            default:
                KvmErrno error = PrepareRegisters(attribute);
                return error != KvmErrno.None ? error : ((IVgic)_gic!).SetAttribute(attribute, value);
        }
    }

    /// <summary>
    /// The first part of KVM_RUN: whether the vCPU may enter its guest. At a vCPU's first run its timers' PPIs become
    /// mapped to hardware: from then on their lines belong to the kernel and their active bits are out of user space's reach.
    /// </summary>
    public KvmErrno PrepareRun(int vcpu)
    {
        if ((uint)vcpu >= (uint)VcpuCount)
        {
            return KvmErrno.Invalid;
        }

        if (!_addresses.CoverAll(VcpuCount))
        {
            return KvmErrno.NoSuchAttribute;
        }

        if (_addresses.Overlap(VcpuCount))
        {
            return KvmErrno.Invalid;
        }

        if (_gic is null && Kind == VgicKind.GicV3)
        {
            return KvmErrno.Busy;
        }

        KvmErrno error = Initialize();
        if (error == KvmErrno.None && !_hasRun[vcpu])
        {
            _hasRun[vcpu] = true;
            _gic!.MapToHardware(vcpu, _options.TimerPpis);
            LowerTimerLines(vcpu);
        }

        return error;
    }

    /// <summary>A vCPU left its guest, to KVM or to user space.</summary>
    public void LeaveGuest(int vcpu) => _gic?.LeaveGuest(vcpu);

    /// <summary>KVM_IRQ_LINE: <paramref name="irq"/> in the kernel's encoding (<see cref="KvmIrqLine"/>).</summary>
    public KvmErrno IrqLine(uint irq, bool level)
    {
        var line = KvmIrqLine.Decode(irq);
        switch (line.Type)
        {
            case KvmIrqType.Spi:
                if (line.Id < Intid.PrivateCount)
                {
                    return KvmErrno.Invalid;
                }

                break;
            case KvmIrqType.Ppi:
                if (line.Vcpu >= VcpuCount || line.Id is < Intid.SgiCount or >= Intid.PrivateCount)
                {
                    return KvmErrno.Invalid;
                }

                break;

            // With a GIC in the kernel, the CPU's inputs are the GIC's.
            case KvmIrqType.Cpu:
                return KvmErrno.NoSuchAttribute;
            default:
                return KvmErrno.Invalid;
        }

        KvmErrno error = Kind == VgicKind.GicV2 ? Initialize() : _gic is null ? KvmErrno.Busy : KvmErrno.None;
        if (error != KvmErrno.None)
        {
            return error;
        }

        // A line that the kernel owns takes no orders from user space, and says nothing about it.
        if (line.Type == KvmIrqType.Ppi && _hasRun[line.Vcpu] && ((_options.TimerPpis | _options.EmulatedTimerPpis) >> (int)line.Id & 1) != 0)
        {
            return KvmErrno.None;
        }

        return _gic!.SetLine(line.Id, line.Vcpu, level) == LineError.None ? KvmErrno.None : KvmErrno.Invalid;
    }

    /// <summary>INTIDs so far: the private ones, until a count is set or the device initialised.</summary>
    private int IntidCount => _intidCount == 0 ? (int)Intid.PrivateCount : _intidCount;

    /// <summary>As a vCPU is loaded, its direct timers drive their lines, whatever was told before: low, since they are off.</summary>
    private void LowerTimerLines(int vcpu)
    {
        for (uint intid = Intid.SgiCount; intid < Intid.PrivateCount; intid++)
        {
            if ((_options.TimerPpis >> (int)intid & 1) != 0)
            {
                _gic!.SetLine(intid, vcpu, level: false);
            }
        }
    }

    private KvmErrno SetIntidCount(uint count)
    {
        if (count is < 64 or > Intid.MaxCount || count % 32 != 0)
        {
            return KvmErrno.Invalid;
        }

        if (_gic is not null || _intidCount != 0)
        {
            return KvmErrno.Busy;
        }

        _intidCount = (int)count;
        return KvmErrno.None;
    }

    private KvmErrno Control(ulong attr) => attr switch
    {
        VgicAttribute.ControlInit => Initialize(),
        VgicAttribute.ControlSavePendingTables when Kind == VgicKind.GicV3 =>
            _gic is GicV3 gic ? gic.SavePendingTables() : KvmErrno.Busy,
        _ => KvmErrno.NoSuchAttribute,
    };

    /// <summary>A GICv2 initialises itself at the first access of a register, a GICv3 refuses it.</summary>
    private KvmErrno PrepareRegisters(VgicAttribute attribute)
    {
        bool isRegister = attribute.Group is VgicGroup.Distributor
            || (Kind == VgicKind.GicV2
                ? attribute.Group is VgicGroup.CpuInterface
                : attribute.Group is VgicGroup.Redistributor or VgicGroup.SystemRegister or VgicGroup.LineLevel);
        return !isRegister ? KvmErrno.NoSuchAttribute
            : Kind == VgicKind.GicV2 ? Initialize()
            : _gic is null ? KvmErrno.Busy : KvmErrno.None;
    }

    private KvmErrno Initialize()
    {
        if (_gic is not null)
        {
            return KvmErrno.None;
        }

        if (VcpuCount == 0)
        {
            return KvmErrno.Invalid;
        }

        _intidCount = _intidCount == 0 ? DefaultIntidCount : _intidCount;
        _gic = NewController(_intidCount);
        return KvmErrno.None;
    }

    private GicController NewController(int intidCount) => Kind == VgicKind.GicV2
        ? new GicV2(new GicV2Options
        {
            CpuCount = VcpuCount,
            IntidCount = intidCount,
            Deviations = _options.Deviations,
        })
        : new GicV3(new GicV3Options
        {
            CpuCount = VcpuCount,
            IntidCount = intidCount,
            Deviations = _options.Deviations,
            Regions = _addresses.Regions(VcpuCount),
            Memory = _options.Memory,
        });
}
