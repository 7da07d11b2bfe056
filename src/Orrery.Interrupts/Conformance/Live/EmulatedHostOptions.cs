using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Live;

/// <summary>What the emulated machine is made of.</summary>
/// <param name="Gic">
/// Its interrupt controller, and with it the one that KVM can give to its guests. With a GICv2 the processor is a
/// Cortex-A57 (KVM without VHE, the physical timer of a guest emulated), with a GICv3 a Cortex-A76 (KVM with VHE, both
/// timers in hardware).
/// </param>
public sealed record EmulatedHostOptions(VgicKind Gic)
{
    /// <summary>A kernel image to boot in place of Debian's: an arm64 <c>Image</c> with KVM, virtio-pci and virtio-console built in.</summary>
    public string? Kernel { get; init; }

    /// <summary>The emulator.</summary>
    public string Emulator { get; init; } = "qemu-system-aarch64";

    /// <summary>Processors.</summary>
    public int Processors { get; init; } = 1;

    /// <summary>Memory, MiB.</summary>
    public int MemoryMiB { get; init; } = 512;

    /// <summary>How long it may take until the agent answers for the first time.</summary>
    public TimeSpan BootLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long one batch may take.</summary>
    public TimeSpan BatchLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Keeps the directory with the machine's console when it ends.</summary>
    public bool Keep { get; init; }
}
