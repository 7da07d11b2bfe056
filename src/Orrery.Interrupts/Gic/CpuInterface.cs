namespace Orrery.Interrupts.Gic;

/// <summary>
/// What one CPU interface keeps: the mask, the binary points, the group enables and the active priorities, and the rules
/// of priority and preemption (IHI 0069 4.8, IHI 0048 3.3). GICv2 and GICv3 differ only in how these are reached.
/// </summary>
internal sealed class CpuInterface(PriorityFormat format, GicDeviations deviations)
{
    private readonly bool _equalPasses = deviations.Has(GicDeviations.EqualPriorityPasses);
    private readonly bool _preemptsByWholePriority = deviations.Has(GicDeviations.PreemptsByWholePriority);

    /// <summary>Active priorities of group 0 and group 1.</summary>
    public ActivePriorities Active0, Active1;

    public bool Group0Enabled { get; set; }

    public bool Group1Enabled { get; set; }

    /// <summary>Whether a group is enabled.</summary>
    public bool IsEnabled(bool group1) => group1 ? Group1Enabled : Group0Enabled;

    /// <summary>CBPR: group 1 uses the binary point of group 0.</summary>
    public bool CommonBinaryPoint { get; set; }

    /// <summary>EOImode 1: EOIR drops the priority only, DIR deactivates.</summary>
    public bool SplitEoi { get; set; }

    /// <summary>GICv2 AckCtl: IAR may acknowledge a group 1 interrupt.</summary>
    public bool AckCtl { get; set; }

    /// <summary>GICv2 FIQEn: group 0 is signalled as FIQ.</summary>
    public bool FiqEnabled { get; set; }

    /// <summary>Only priorities below this number are signalled.</summary>
    public byte PriorityMask { get; set; }

    /// <summary>
    /// BPR0 as last written. User space may store less than the smallest value, which then acts as the smallest does,
    /// since the bits it adds to the group priority are not implemented.
    /// </summary>
    public byte BinaryPoint0 { get; set; } = format.MinBinaryPoint0;

    /// <summary>BPR1 (GICv2: ABPR), whatever CBPR says; as <see cref="BinaryPoint0"/>.</summary>
    public byte BinaryPoint1 { get; set; } = format.MinBinaryPoint1;

    /// <summary>GICv3: ICC_CTLR_EL1.PRIbits + 1 as user space sees it, which a restore may lower.</summary>
    public byte AdvertisedPriorityBits { get; set; } = (byte)format.Bits;

    /// <summary>GICv3: ICC_CTLR_EL1.IDbits as user space sees it, which a restore may lower.</summary>
    public byte AdvertisedIntidBits { get; set; }

    /// <summary>The most urgent priority being handled; <see cref="PriorityFormat.Idle"/> when none.</summary>
    public byte RunningPriority
    {
        get
        {
            int level = Math.Min(Active0.Lowest, Active1.Lowest);
            return level == ActivePriorities.NoLevel ? PriorityFormat.Idle : format.PriorityOf(level);
        }
    }

    /// <summary>What a guest reads of BPR0.</summary>
    public byte VisibleBinaryPoint0 => Math.Max(BinaryPoint0, format.MinBinaryPoint0);

    /// <summary>What a guest reads of BPR1: with CBPR set, one more than BPR0, at most 7.</summary>
    public byte VisibleBinaryPoint1 =>
        CommonBinaryPoint ? (byte)Math.Min(VisibleBinaryPoint0 + 1, 7) : Math.Max(BinaryPoint1, format.MinBinaryPoint1);

    /// <summary>A guest writes BPR0: values below the smallest store the smallest.</summary>
    public void WriteBinaryPoint0(ulong value) => BinaryPoint0 = Math.Max((byte)(value & 7), format.MinBinaryPoint0);

    /// <summary>A guest writes BPR1: ignored while CBPR is set.</summary>
    public void WriteBinaryPoint1(ulong value)
    {
        if (!CommonBinaryPoint)
        {
            BinaryPoint1 = Math.Max((byte)(value & 7), format.MinBinaryPoint1);
        }
    }

    /// <summary>Binary points below the smallest value become the smallest.</summary>
    public void RaiseBinaryPoints()
    {
        BinaryPoint0 = VisibleBinaryPoint0;
        BinaryPoint1 = Math.Max(BinaryPoint1, format.MinBinaryPoint1);
    }

    /// <summary>Whether an interrupt passes the priority mask and preempts what runs.</summary>
    public bool Passes(byte priority, bool group1)
    {
        if (_equalPasses ? priority > PriorityMask : priority >= PriorityMask)
        {
            return false;
        }

        byte running = RunningPriority;
        if (_preemptsByWholePriority)
        {
            return priority < running;
        }

        int mask = GroupPriorityMask(group1);
        return running == PriorityFormat.Idle || (priority & mask) < (running & mask);
    }

    /// <summary>An interrupt was acknowledged: its group priority becomes active.</summary>
    public void Raise(byte priority, bool group1)
    {
        int level = format.LevelOf(priority & GroupPriorityMask(group1));
        (group1 ? ref Active1 : ref Active0).Set(level);
    }

    /// <summary>
    /// Drops the most urgent active priority of either group. False, and nothing changed, when none is active.
    /// </summary>
    /// <param name="priority">The group priority dropped.</param>
    /// <param name="group1">Whose it was.</param>
    public bool TryDrop(out byte priority, out bool group1)
    {
        int level0 = Active0.Lowest;
        int level1 = Active1.Lowest;
        int level = Math.Min(level0, level1);
        group1 = level1 < level0;
        priority = PriorityFormat.Idle;
        if (level == ActivePriorities.NoLevel)
        {
            return false;
        }

        priority = format.PriorityOf(level);
        (group1 ? ref Active1 : ref Active0).Clear(level);
        return true;
    }

    /// <summary>Ends one named group priority, whether or not it is the most urgent (mutants only).</summary>
    public void Lower(byte priority, bool group1) =>
        (group1 ? ref Active1 : ref Active0).Clear(format.LevelOf(priority & GroupPriorityMask(group1)));

    /// <summary>The bits of a priority that decide preemption: [7:BPR0+1], or [7:BPR1] for group 1.</summary>
    public int GroupPriorityMask(bool group1) =>
        group1 && !CommonBinaryPoint ? (0xFF << BinaryPoint1) & 0xFF : (0xFF << (BinaryPoint0 + 1)) & 0xFF;

    /// <summary>Takes over all state of another interface of the same format.</summary>
    public void CopyFrom(CpuInterface other)
    {
        Active0 = other.Active0;
        Active1 = other.Active1;
        Group0Enabled = other.Group0Enabled;
        Group1Enabled = other.Group1Enabled;
        CommonBinaryPoint = other.CommonBinaryPoint;
        SplitEoi = other.SplitEoi;
        AckCtl = other.AckCtl;
        FiqEnabled = other.FiqEnabled;
        PriorityMask = other.PriorityMask;
        BinaryPoint0 = other.BinaryPoint0;
        BinaryPoint1 = other.BinaryPoint1;
        AdvertisedPriorityBits = other.AdvertisedPriorityBits;
        AdvertisedIntidBits = other.AdvertisedIntidBits;
    }

    /// <summary>Whether all state is equal.</summary>
    public bool StateEquals(CpuInterface other) =>
        Active0.Equals(other.Active0) && Active1.Equals(other.Active1)
        && Group0Enabled == other.Group0Enabled && Group1Enabled == other.Group1Enabled
        && CommonBinaryPoint == other.CommonBinaryPoint && SplitEoi == other.SplitEoi
        && AckCtl == other.AckCtl && FiqEnabled == other.FiqEnabled
        && PriorityMask == other.PriorityMask
        && BinaryPoint0 == other.BinaryPoint0 && BinaryPoint1 == other.BinaryPoint1
        && AdvertisedPriorityBits == other.AdvertisedPriorityBits && AdvertisedIntidBits == other.AdvertisedIntidBits;
}
