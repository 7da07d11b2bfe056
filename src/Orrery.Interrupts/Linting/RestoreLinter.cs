using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.Timers;

namespace Orrery.Interrupts.Linting;

/// <summary>
/// Follows the calls of a VMM that restores an interrupt controller and timers, and names each violated rule. The rules
/// and the failure that each prevents are listed in docs/irq-lint.md.
/// </summary>
public sealed class RestoreLinter
{
    private const uint SgiFrame = 0x1_0000;
    private const uint TimerPpis = 1u << 27 | 1u << 30;
    private readonly List<LintFinding> _findings = [];
    private readonly Dictionary<int, ulong> _vcpus = [];
    private readonly Dictionary<int, VgicKind> _devices = [];
    private readonly HashSet<int> _itsDevices = [];
    private readonly ActivePriorityRule _activePriorities = new();
    private readonly ItsRestoreRules _its;
    private readonly HashSet<ulong> _ran = [];
    private readonly HashSet<ulong> _affinitiesSeen = [];
    private readonly Dictionary<ulong, TimerWrites> _timers = [];
    private bool _initialised, _identified, _forwards, _counterFixed;
    private int _firstPending, _firstQueued, _levelInfo, _pendingV3, _lastRoute;
    private uint _highestRoute;
    private ulong? _vmCount;
    private ulong _intids;

    private RestoreLinter() => _its = new ItsRestoreRules(Find);

    /// <summary>The findings of a trace, in order of lines.</summary>
    public static IReadOnlyList<LintFinding> Lint(IReadOnlyList<TracedCall> calls)
    {
        var linter = new RestoreLinter();
        foreach (TracedCall call in calls)
        {
            linter.Follow(call);
        }

        linter.Finish();
        return [.. linter._findings.OrderBy(finding => finding.Line)];
    }

    private void Follow(TracedCall call)
    {
        switch (call.Request)
        {
            case "KVM_CREATE_VCPU" when call is { Result: >= 0, Argument: { } id }:
                _vcpus[(int)call.Result] = id;
                break;
            case "KVM_CREATE_DEVICE" when call.Result >= 0 && call.Fields.TryGetValue("type", out ulong type) && call.Fields.TryGetValue("fd", out ulong fd):
                FollowDevice((int)fd, type);
                break;
            case "KVM_SET_DEVICE_ATTR" when _itsDevices.Contains(call.Descriptor):
                FollowIts(call);
                break;
            case "KVM_SET_DEVICE_ATTR" when _devices.TryGetValue(call.Descriptor, out VgicKind kind):
                if (call.Fields.TryGetValue("group", out ulong group) && call.Fields.TryGetValue("attr", out ulong attr))
                {
                    FollowAttribute(call, kind, new VgicAttribute((VgicGroup)group, attr), call.Fields.GetValueOrDefault("addr"));
                }

                break;
            case "KVM_SET_ONE_REG" when _vcpus.TryGetValue(call.Descriptor, out ulong vcpu):
                if (call.Fields.TryGetValue("id", out ulong register) && call.Fields.TryGetValue("addr", out ulong value))
                {
                    FollowTimer(call.Line, vcpu, (KvmTimerRegister)register, value);
                }

                break;
            case "KVM_ARM_SET_COUNTER_OFFSET":
                _counterFixed = true;
                break;
            case "KVM_IRQ_LINE" when call.Fields.TryGetValue("irq", out ulong irq):
                FollowLine(call, KvmIrqLine.Decode((uint)irq));
                break;
            case "KVM_RUN" when _vcpus.TryGetValue(call.Descriptor, out ulong runner):
                _ran.Add(runner);
                break;
        }
    }

    /// <summary>A device is created; a number that another device had before is this one's now.</summary>
    private void FollowDevice(int descriptor, ulong type)
    {
        _devices.Remove(descriptor);
        _itsDevices.Remove(descriptor);
        if (type == KvmNumbers.DeviceIts)
        {
            _itsDevices.Add(descriptor);
        }
        else if (type is KvmNumbers.DeviceGicV2 or KvmNumbers.DeviceGicV3)
        {
            _devices[descriptor] = type == KvmNumbers.DeviceGicV3 ? VgicKind.GicV3 : VgicKind.GicV2;
        }
    }

    private void FollowIts(TracedCall call)
    {
        if (!call.Fields.TryGetValue("group", out ulong group) || !call.Fields.TryGetValue("attr", out ulong attribute))
        {
            return;
        }

        if (call.Result < 0)
        {
            Find(call, "refused", $"{(VgicGroup)group} 0x{attribute:x} of the ITS was refused: what it held is not restored");
        }
        else if ((VgicGroup)group == VgicGroup.Its)
        {
            _its.Register(call.Line, (uint)attribute, call.Fields.GetValueOrDefault("addr"));
        }
        else if ((VgicGroup)group == VgicGroup.Control)
        {
            _its.ControlCall(call.Line, attribute);
        }
    }

    private void FollowAttribute(TracedCall call, VgicKind kind, VgicAttribute attribute, ulong value)
    {
        string name = RegisterNames.Of(attribute, kind);
        if (call.Result < 0)
        {
            Find(call, "refused", $"{name} = 0x{value:x} was refused: what it held is not restored");
            return;
        }

        if (attribute.Group.DataBytes() == 4 && value > uint.MaxValue)
        {
            Find(call, "width", $"{name} takes 32 bits, 0x{value:x} has more");
        }

        switch (attribute.Group)
        {
            case VgicGroup.Control when attribute.Attr == VgicAttribute.ControlInit:
                _initialised = true;
                return;
            case VgicGroup.IntidCount:
                _intids = value;
                return;
            case VgicGroup.Address or VgicGroup.Control:
                return;
        }

        if (kind == VgicKind.GicV3 && !_initialised)
        {
            Find(call, "initialise-first", $"{name} is written before CTRL_INIT: KVM answers EBUSY");
        }

        _activePriorities.Note(call.Line, attribute, value);
        if (attribute.Group is VgicGroup.Redistributor)
        {
            _its.Redistributor(call.Line);
        }

        if (attribute.Group is VgicGroup.Redistributor or VgicGroup.SystemRegister)
        {
            FollowAffinity(call, attribute, name);
        }

        if (attribute.Group is VgicGroup.CpuInterface && attribute.Offset == 0x04 && value > 0x1F)
        {
            Find(call, "pmr-shift", $"{name} is the mask shifted down by three: 0x{value:x} stores 0x{value << 3 & 0xFF:x}");
        }

        if (attribute.Group is VgicGroup.LineLevel)
        {
            _levelInfo = call.Line;
            NoteQueued(call, value != 0, isPending: true);
        }

        bool inSgiFrame = attribute.Group == VgicGroup.Redistributor && attribute.Offset >= SgiFrame;
        if (attribute.Group == VgicGroup.Distributor || inSgiFrame)
        {
            FollowInterrupts(call, kind, inSgiFrame ? attribute.Offset - SgiFrame : attribute.Offset, inSgiFrame, (uint)value, name);
        }
    }

    private void FollowInterrupts(TracedCall call, VgicKind kind, uint offset, bool isPrivate, uint value, string name)
    {
        bool firstWord = (offset & 0x7F) == 0;
        switch (offset)
        {
            case 0x000 when !isPrivate:
                if (value != 0 && !_forwards && _firstQueued != 0)
                {
                    Find(call, "control-before-pending",
                        $"GICD_CTLR enables the distributor after line {_firstQueued} made interrupts pending: KVM delivers none of them");
                }

                _forwards |= value != 0;
                break;
            case 0x008 when !isPrivate:
                _identified = true;
                break;
            case >= 0x080 and < 0x100:
                if (kind == VgicKind.GicV2 && !_identified)
                {
                    Find(call, "identification-first", $"{name} before GICD_IIDR: KVM ignores the groups of a GICv2");
                }

                Configured(call, name);
                break;
            case >= 0x180 and < 0x200 or >= 0x380 and < 0x400 when value == 0:
                Find(call, "clear-with-ones", $"{name} = 0 clears nothing: write ones before the set register");
                break;
            case >= 0x200 and < 0x280:
                _pendingV3 = kind == VgicKind.GicV3 ? call.Line : 0;
                NoteQueued(call, value != 0, isPending: true);
                break;
            case >= 0x280 and < 0x300:
                if (kind == VgicKind.GicV3)
                {
                    Find(call, "icpendr-ignored", $"{name} has no effect by attribute on a GICv3: ISPENDR assigns");
                }
                else if (value == 0)
                {
                    Find(call, "clear-with-ones", $"{name} = 0 clears nothing: write ones before the set register");
                }

                break;
            case >= 0x300 and < 0x380 when _ran.Count > 0 && firstWord && (value & TimerPpis) != 0:
                Find(call, "active-before-run",
                    $"{name} = 0x{value:x} after the first KVM_RUN: the active bit of a timer PPI is ignored from then on");
                break;
            case >= 0x400 and < 0xD00:
                Configured(call, name);
                break;
            case >= 0x6000 and < 0x8000 when !isPrivate:
                Configured(call, name);
                _lastRoute = call.Line;
                _highestRoute = Math.Max(_highestRoute, (offset - 0x6000) / 8);
                break;
        }
    }

    private void FollowAffinity(TracedCall call, VgicAttribute attribute, string name)
    {
        ulong packed = attribute.Affinity.Packed;
        _affinitiesSeen.Add(packed);
        if (_vcpus.Count > 0 && !_vcpus.Values.Any(vcpu => Affinity.OfVcpu((int)Math.Min(vcpu, 511)).Packed == packed))
        {
            Find(call, "affinity", $"{name}: no vCPU has this affinity (Aff3 to Aff0 are bits 63 to 32 of the attribute, not an MPIDR)");
        }
    }

    private void FollowLine(TracedCall call, KvmIrqLine line)
    {
        if (line.Type == KvmIrqType.Ppi && line.Id < 32 && (TimerPpis >> (int)line.Id & 1) != 0)
        {
            Find(call, "timer-line", $"PPI {line.Id} is a timer's: its line is overwritten at the first run and ignored after it");
        }
    }

    private void FollowTimer(int line, ulong vcpu, KvmTimerRegister register, ulong value)
    {
        if (!_timers.TryGetValue(vcpu, out TimerWrites? timer))
        {
            _timers[vcpu] = timer = new TimerWrites();
        }

        switch (register)
        {
            case KvmTimerRegister.VirtualControl:
                timer.Control = value;
                timer.ControlLine = line;
                if ((value & 1) != 0 && (timer.Compare is null || (timer.Count is null && !_counterFixed)))
                {
                    Find(line, "timer-order", "CNTV_CTL enables the timer before CVAL and CNT are set: it may fire by old values");
                }

                break;
            case KvmTimerRegister.VirtualCompareValue:
                timer.Compare = value;
                break;
            case KvmTimerRegister.VirtualCount:
                timer.Count = value;
                if (_counterFixed)
                {
                    Find(line, "counter", "CNT is ignored after KVM_ARM_SET_COUNTER_OFFSET");
                }
                else if (_vmCount is { } before && before > value)
                {
                    Find(line, "counter", "CNT moves the counter of the whole VM back behind what another vCPU was given");
                }

                _vmCount = value;
                break;
        }
    }

    private void Configured(TracedCall call, string name)
    {
        if (_firstPending != 0)
        {
            Find(call, "configuration-first", $"{name} after line {_firstPending} made interrupts pending: they were queued by the old value");
            _firstPending = 0; // one finding for the whole block
        }
    }

    private void NoteQueued(TracedCall call, bool any, bool isPending)
    {
        if (any)
        {
            _firstPending = _firstPending == 0 && isPending ? call.Line : _firstPending;
            _firstQueued = _firstQueued == 0 && !_forwards ? call.Line : _firstQueued;
        }
    }

    /// <summary>What only the whole trace shows.</summary>
    private void Finish()
    {
        _its.Finish();
        if (_activePriorities.Finish() is { } mismatch)
        {
            _findings.Add(mismatch);
        }

        if (_pendingV3 != 0 && _levelInfo == 0)
        {
            Find(_pendingV3, "lines", "ISPENDR of a GICv3 holds latches only, and no LEVEL_INFO restores the lines: high levels are lost");
        }

        if (_highestRoute != 0 && _intids > 32 && _highestRoute < Math.Min(_intids, Intid.SpiEnd) - 1)
        {
            Find(_lastRoute, "route-stride",
                $"GICD_IROUTER ends with INTID {_highestRoute} of {_intids}: the registers are eight bytes apart, not four");
        }

        if (_affinitiesSeen.Count == 1 && _vcpus.Count > 1)
        {
            Find(0, "affinity", $"all per-CPU registers are those of one affinity, and there are {_vcpus.Count} vCPUs");
        }

        foreach (TimerWrites timer in _timers.Values)
        {
            if (timer is { Control: { } control, Compare: { } compare, Count: { } count }
                && new TimerRegisters { VirtualControl = control, VirtualCompareValue = compare, VirtualCount = count }.LooksSwapped)
            {
                Find(timer.ControlLine, "timer-swapped",
                    $"ISTATUS of CNTV_CTL contradicts CVAL 0x{compare:x} and CNT 0x{count:x}, and would not if they were exchanged: "
                    + "the identifiers of the two carry each other's encodings");
            }
        }
    }

    private void Find(TracedCall call, string rule, string message) => Find(call.Line, rule, message);

    private void Find(int line, string rule, string message) => _findings.Add(new LintFinding(line, rule, message));

    private sealed class TimerWrites
    {
        public ulong? Control { get; set; }

        public ulong? Compare { get; set; }

        public ulong? Count { get; set; }

        public int ControlLine { get; set; }
    }
}
