using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V2;
using Orrery.Interrupts.Gic.V3;

namespace Orrery.Interrupts.Linting;

/// <summary>
/// Active bits and active priorities belong together: an interrupt between acknowledge and end has both. Each may be alone
/// for a reason: active alone with EOImode 1, between end and deactivation; a priority alone for an LPI, which has no active
/// state.
/// </summary>
internal sealed class ActivePriorityRule
{
    private const uint SgiFrame = 0x1_0000, SetActive = 0x300, SetActiveEnd = 0x380, ActivePriorityBytes = 16;
    private const ulong SplitEoiV2 = 1 << 9, SplitEoiV3 = 1 << 1, EnableLpis = 1;
    private const int None = -1;
    private int _active = None, _priority = None;
    private bool _splitEoi, _lpis;

    /// <summary>An attribute is restored, at a line of a trace (0 in a snapshot).</summary>
    public void Note(int line, VgicAttribute attribute, ulong value)
    {
        uint offset = attribute.Offset;
        bool isActive = attribute.Group switch
        {
            VgicGroup.Distributor => offset is >= SetActive and < SetActiveEnd,
            VgicGroup.Redistributor => offset == SgiFrame + SetActive,
            _ => false,
        };
        bool isPriority = attribute.Group switch
        {
            VgicGroup.CpuInterface => offset is >= GiccOffsets.ActivePriorities and < GiccOffsets.ActivePriorities + ActivePriorityBytes,
            VgicGroup.SystemRegister => (IccRegister)offset is >= IccRegister.ActivePriorities0 and <= IccRegister.ActivePriorities0 + 3
                or >= IccRegister.ActivePriorities1 and <= IccRegister.ActivePriorities1 + 3,
            _ => false,
        };
        _active = isActive && value != 0 && _active == None ? line : _active;
        _priority = isPriority && value != 0 && _priority == None ? line : _priority;
        _splitEoi |= (attribute.Group == VgicGroup.CpuInterface && offset == GiccOffsets.Control && (value & SplitEoiV2) != 0)
            || (attribute.Group == VgicGroup.SystemRegister && (IccRegister)offset == IccRegister.Control && (value & SplitEoiV3) != 0);
        _lpis |= attribute.Group == VgicGroup.Redistributor && offset == 0 && (value & EnableLpis) != 0;
    }

    /// <summary>The finding of the whole, if there is one.</summary>
    public LintFinding? Finish()
    {
        if (_active != None && _priority == None && !_splitEoi)
        {
            return new LintFinding(_active, "active-without-priority",
                "interrupts are restored active and no active priority is: the guest's EOI drops the wrong one, or none");
        }

        return _priority != None && _active == None && !_lpis
            ? new LintFinding(_priority, "priority-without-active",
                "an active priority is restored and no interrupt is active: the running priority never returns to idle")
            : null;
    }
}
