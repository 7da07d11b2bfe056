using System.Collections.Frozen;

namespace Orrery.Interrupts.Conformance.A64;

/// <summary>A system register of AArch64, by name and by the five fields that encode it (DDI 0487, C5.3; IHI 0069, 12.2).</summary>
/// <param name="Name">As the specifications and assemblers write it.</param>
public readonly record struct SystemRegister(string Name, byte Op0, byte Op1, byte CRn, byte CRm, byte Op2)
{
    /// <summary>
    /// The sixteen bits op0:op1:CRn:CRm:op2, as MRS and MSR hold them and as KVM's attribute group CPU_SYSREGS takes them.
    /// </summary>
    public ushort Encoding => (ushort)((Op0 << 14) | (Op1 << 11) | (CRn << 7) | (CRm << 3) | Op2);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>The system registers that guest programs touch.</summary>
public static class SystemRegisters
{
    public static readonly SystemRegister IccPmr = new("ICC_PMR_EL1", 3, 0, 4, 6, 0);
    public static readonly SystemRegister IccIar0 = new("ICC_IAR0_EL1", 3, 0, 12, 8, 0);
    public static readonly SystemRegister IccEoir0 = new("ICC_EOIR0_EL1", 3, 0, 12, 8, 1);
    public static readonly SystemRegister IccHppir0 = new("ICC_HPPIR0_EL1", 3, 0, 12, 8, 2);
    public static readonly SystemRegister IccBpr0 = new("ICC_BPR0_EL1", 3, 0, 12, 8, 3);
    public static readonly SystemRegister IccAp0R0 = new("ICC_AP0R0_EL1", 3, 0, 12, 8, 4);
    public static readonly SystemRegister IccAp1R0 = new("ICC_AP1R0_EL1", 3, 0, 12, 9, 0);
    public static readonly SystemRegister IccDir = new("ICC_DIR_EL1", 3, 0, 12, 11, 1);
    public static readonly SystemRegister IccRpr = new("ICC_RPR_EL1", 3, 0, 12, 11, 3);
    public static readonly SystemRegister IccSgi1R = new("ICC_SGI1R_EL1", 3, 0, 12, 11, 5);
    public static readonly SystemRegister IccAsgi1R = new("ICC_ASGI1R_EL1", 3, 0, 12, 11, 6);
    public static readonly SystemRegister IccSgi0R = new("ICC_SGI0R_EL1", 3, 0, 12, 11, 7);
    public static readonly SystemRegister IccIar1 = new("ICC_IAR1_EL1", 3, 0, 12, 12, 0);
    public static readonly SystemRegister IccEoir1 = new("ICC_EOIR1_EL1", 3, 0, 12, 12, 1);
    public static readonly SystemRegister IccHppir1 = new("ICC_HPPIR1_EL1", 3, 0, 12, 12, 2);
    public static readonly SystemRegister IccBpr1 = new("ICC_BPR1_EL1", 3, 0, 12, 12, 3);
    public static readonly SystemRegister IccCtlr = new("ICC_CTLR_EL1", 3, 0, 12, 12, 4);
    public static readonly SystemRegister IccSre = new("ICC_SRE_EL1", 3, 0, 12, 12, 5);
    public static readonly SystemRegister IccIgrpen0 = new("ICC_IGRPEN0_EL1", 3, 0, 12, 12, 6);
    public static readonly SystemRegister IccIgrpen1 = new("ICC_IGRPEN1_EL1", 3, 0, 12, 12, 7);

    public static readonly SystemRegister CntvCtl = new("CNTV_CTL_EL0", 3, 3, 14, 3, 1);
    public static readonly SystemRegister CntvCval = new("CNTV_CVAL_EL0", 3, 3, 14, 3, 2);
    public static readonly SystemRegister CntvTval = new("CNTV_TVAL_EL0", 3, 3, 14, 3, 0);
    public static readonly SystemRegister CntpCtl = new("CNTP_CTL_EL0", 3, 3, 14, 2, 1);
    public static readonly SystemRegister CntpCval = new("CNTP_CVAL_EL0", 3, 3, 14, 2, 2);
    public static readonly SystemRegister CntpTval = new("CNTP_TVAL_EL0", 3, 3, 14, 2, 0);
    public static readonly SystemRegister CntvCount = new("CNTVCT_EL0", 3, 3, 14, 0, 2);

    /// <summary>Which of IRQ, FIQ and SError are pending for the CPU, whatever PSTATE masks.</summary>
    public static readonly SystemRegister Isr = new("ISR_EL1", 3, 0, 12, 1, 0);

    public static readonly SystemRegister Vbar = new("VBAR_EL1", 3, 0, 12, 0, 0);
    public static readonly SystemRegister Esr = new("ESR_EL1", 3, 0, 5, 2, 0);
    public static readonly SystemRegister Elr = new("ELR_EL1", 3, 0, 4, 0, 1);
    public static readonly SystemRegister Spsr = new("SPSR_EL1", 3, 0, 4, 0, 0);

    private static readonly SystemRegister[] All =
    [
        IccPmr, IccIar0, IccEoir0, IccHppir0, IccBpr0, .. Bank("ICC_AP0R", 8, 4), .. Bank("ICC_AP1R", 9, 0), IccDir, IccRpr,
        IccSgi1R, IccAsgi1R, IccSgi0R, IccIar1, IccEoir1, IccHppir1, IccBpr1, IccCtlr, IccSre, IccIgrpen0, IccIgrpen1,
        CntvCtl, CntvCval, CntvTval, CntpCtl, CntpCval, CntpTval, CntvCount, Isr, Vbar, Esr, Elr, Spsr,
    ];

    private static readonly FrozenDictionary<string, SystemRegister> ByName =
        All.ToFrozenDictionary(register => register.Name, StringComparer.Ordinal);

    private static readonly FrozenDictionary<ushort, SystemRegister> ByEncoding =
        All.ToFrozenDictionary(register => register.Encoding);

    /// <summary>The register of a name, if the table has it.</summary>
    public static bool TryFind(string name, out SystemRegister register) => ByName.TryGetValue(name, out register);

    /// <summary>The register of an encoding; one outside the table gets the name that assemblers give it.</summary>
    public static SystemRegister Of(ushort encoding)
    {
        if (ByEncoding.TryGetValue(encoding, out SystemRegister known))
        {
            return known;
        }

        byte op0 = (byte)(encoding >> 14), op1 = (byte)((encoding >> 11) & 7);
        byte crn = (byte)((encoding >> 7) & 15), crm = (byte)((encoding >> 3) & 15), op2 = (byte)(encoding & 7);
        return new SystemRegister($"S{op0}_{op1}_C{crn}_C{crm}_{op2}", op0, op1, crn, crm, op2);
    }

    /// <summary>Active priority register <paramref name="index"/> (0 to 3) of a group.</summary>
    public static SystemRegister IccActivePriority(int group, int index) =>
        group == 0 ? Bank("ICC_AP0R", 8, 4)[index] : Bank("ICC_AP1R", 9, 0)[index];

    private static SystemRegister[] Bank(string prefix, byte crm, byte firstOp2) =>
        [.. Enumerable.Range(0, 4).Select(n => new SystemRegister($"{prefix}{n}_EL1", 3, 0, 12, crm, (byte)(firstOp2 + n)))];
}
