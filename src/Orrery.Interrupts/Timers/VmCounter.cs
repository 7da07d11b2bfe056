namespace Orrery.Interrupts.Timers;

/// <summary>
/// The counters of one VM: offsets from the physical counter that all its vCPUs share, with KVM's rules for setting them
/// (Linux 6.12, <c>arch/arm64/kvm/arch_timer.c</c>). All arithmetic is modulo 2^64.
/// </summary>
public sealed class VmCounter
{
    /// <summary>CNTVOFF_EL2: CNTVCT is the physical count minus it.</summary>
    public ulong VirtualOffset { get; private set; }

    /// <summary>CNTPOFF_EL2: CNTPCT is the physical count minus it.</summary>
    public ulong PhysicalOffset { get; private set; }

    /// <summary>Whether user space has fixed the offsets (KVM_ARM_SET_COUNTER_OFFSET).</summary>
    public bool IsFixed { get; private set; }

    /// <summary>CNTVCT_EL0.</summary>
    public ulong VirtualCount(ulong physicalCount) => unchecked(physicalCount - VirtualOffset);

    /// <summary>CNTPCT_EL0, as the guest sees it.</summary>
    public ulong PhysicalCount(ulong physicalCount) => unchecked(physicalCount - PhysicalOffset);

    /// <summary>
    /// A vCPU is created: unless the offsets are fixed, the virtual count of the whole VM starts again at 0, so that time
    /// jumps for the vCPUs that run (gVisor issue 5739).
    /// </summary>
    public void VcpuCreated(ulong physicalCount)
    {
        if (!IsFixed)
        {
            VirtualOffset = physicalCount;
            PhysicalOffset = 0;
        }
    }

    /// <summary>User space sets the virtual count of the VM; ignored once the offsets are fixed.</summary>
    public void SetVirtualCount(ulong physicalCount, ulong value)
    {
        if (!IsFixed)
        {
            VirtualOffset = unchecked(physicalCount - value);
        }
    }

    /// <summary>User space sets the physical count that the guest sees; ignored once the offsets are fixed.</summary>
    public void SetPhysicalCount(ulong physicalCount, ulong value)
    {
        if (!IsFixed)
        {
            PhysicalOffset = unchecked(physicalCount - value);
        }
    }

    /// <summary>KVM_ARM_SET_COUNTER_OFFSET: one offset for both counters, from now on out of reach of other writes.</summary>
    public void Fix(ulong offset)
    {
        VirtualOffset = offset;
        PhysicalOffset = offset;
        IsFixed = true;
    }

    /// <summary>Takes over the offsets of another.</summary>
    public void CopyFrom(VmCounter other)
    {
        VirtualOffset = other.VirtualOffset;
        PhysicalOffset = other.PhysicalOffset;
        IsFixed = other.IsFixed;
    }
}
