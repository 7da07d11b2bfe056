namespace Orrery.Interrupts.State.Kernel;

/// <summary>
/// Which selectors a chip of Linux 6.12 reads and writes, for those who want to know whether a state can be had at all.
/// </summary>
/// <param name="Name">The chip or layer.</param>
/// <param name="Get">What it answers.</param>
/// <param name="Set">What it lets itself be told.</param>
/// <param name="Note">What else there is to know.</param>
public sealed record KernelChip(string Name, ChipStates Get, ChipStates Set, string Note)
{
    private const ChipStates Usual = ChipStates.Pending | ChipStates.Active | ChipStates.Masked;

    /// <summary>Every chip with either callback that matters to people who write hypervisors.</summary>
    public static IReadOnlyList<KernelChip> All { get; } =
    [
        new("GICv1, GICv2", Usual, Usual, "plain register accesses, both EOI modes"),
        new("GICv3", Usual, Usual, "SGI to ESPI; masking waits for RWP, setting active reads the register back"),
        new("GICv3 ITS (LPI)", ChipStates.None, ChipStates.Pending, "by INT and CLEAR commands"),
        new("GICv4 doorbell", ChipStates.None, ChipStates.Pending, "by SETLPIR and CLRLPIR, or commands"),
        new("GICv4.1 virtual SGI", ChipStates.Pending, ChipStates.Pending, "there is no active state"),
        new("KVM timer shim", ChipStates.None, ChipStates.Active, "while forwarded, active is played by the mask"),
        new("IRQ partition", Usual, Usual, "forwards; EINVAL on a CPU outside the partition"),
        new("x86 IO-APIC", ChipStates.Active, ChipStates.None, "remote IRR of level entries"),
        new("XIVE", ChipStates.Active, ChipStates.None, "from the P and Q bits"),
        new("PRUSS INTC", ChipStates.Pending, ChipStates.Pending, ""),
        new("mvebu SEI", ChipStates.None, ChipStates.Pending, "clearing only"),
        new("sun6i-r NMI", ChipStates.None, ChipStates.Pending, "clearing acknowledges here, then goes to the parent"),
        new("qcom SPMI arbiter, SMSM, PM8xxx", ChipStates.LineLevel, ChipStates.None, "the only ones that show a line"),
        new("irq_sim", ChipStates.Pending, ChipStates.Pending, "reading a disabled line returns 0 and writes nothing"),
        new("qcom-pdc, mst-intc, rzg2l", Usual, Usual, "forward to the parent by the helpers, which may return 0 without effect"),
    ];
}
