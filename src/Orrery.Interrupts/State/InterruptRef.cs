namespace Orrery.Interrupts.State;

/// <summary>
/// Names one interrupt of a chip. A private interrupt (SGI, PPI) exists once per CPU, so its name includes the CPU; the
/// kernel instead takes the bank of whichever CPU the caller happens to run on, and a caller that migrates between two
/// calls changes another CPU's interrupt without a word (scenario X09).
/// </summary>
/// <param name="Number">The chip's number of the interrupt (a GIC: the INTID).</param>
/// <param name="Cpu">The CPU whose bank is meant, or <see cref="SharedCpu"/>; ignored by an interrupt that is not banked.</param>
public readonly record struct InterruptRef(uint Number, int Cpu)
{
    /// <summary>The <see cref="Cpu"/> of a reference to an interrupt that all CPUs share.</summary>
    public const int SharedCpu = -1;

    /// <summary>An interrupt that all CPUs share (SPI, LPI, a GPIO line).</summary>
    public static InterruptRef Shared(uint number) => new(number, SharedCpu);

    /// <summary>An interrupt in the bank of <paramref name="cpu"/>.</summary>
    public static InterruptRef OnCpu(uint number, int cpu) => new(number, cpu);

    /// <summary>As in <c>27 of cpu 1</c> or <c>40</c>.</summary>
    public override string ToString() => Cpu == SharedCpu ? $"{Number}" : $"{Number} of cpu {Cpu}";
}
