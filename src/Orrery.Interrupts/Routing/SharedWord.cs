namespace Orrery.Interrupts.Routing;

/// <summary>
/// What kernel and user space of one vCPU tell each other about the virtual timer: two bits, of which each profile uses
/// what it knows.
/// </summary>
/// <param name="Level">
/// Kernel to user. Four rules: LEVEL, the timer's output at the last exit. KVM: bit 0 of
/// <c>kvm_run.s.regs.device_irq_level</c>. Apple: the last exit's reason was "virtual timer activated".
/// </param>
/// <param name="Mask">
/// User to kernel. Four rules: MASK, the physical line need not be heard. KVM: unused. Apple: the virtual timer's mask,
/// set by the framework at a timer exit and cleared by user space.
/// </param>
public readonly record struct SharedWord(bool Level, bool Mask);
