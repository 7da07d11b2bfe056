namespace Orrery.Interrupts.Routing;

/// <summary>
/// How a virtual timer's output travels from the kernel, which owns the timer, to user space, which owns the interrupt
/// controller. A protocol is these decisions, each a pure function; <see cref="KernelSide{TProtocol}"/> and
/// <see cref="UserSide{TProtocol}"/> are the two machines that take them.
/// </summary>
public interface IRoutingProtocol
{
    /// <summary>Its short name, as on the command line.</summary>
    static abstract string Name { get; }

    /// <summary>Kernel, pre-entry check: user space must hear of the line before the guest goes on.</summary>
    static abstract bool MustExit(bool line, SharedWord word);

    /// <summary>Kernel, timer put into the hardware: whether the physical line is to be gated (kept from interrupting).</summary>
    static abstract bool GateAtLoad(bool line, SharedWord word);

    /// <summary>Kernel, guest entry: the gate while the guest runs, given as it is.</summary>
    static abstract bool GateAtEntry(bool gate, SharedWord word);

    /// <summary>Kernel, after the guest or a refused entry: whether a low line opens the gate at once.</summary>
    static abstract bool OpensGateWhenLow { get; }

    /// <summary>Kernel, return to user space: the word that user space will find.</summary>
    /// <param name="line">The timer's output.</param>
    /// <param name="word">The word as user space left it.</param>
    /// <param name="isForced">The return is one that <see cref="MustExit"/> asked for.</param>
    static abstract SharedWord Publish(bool line, SharedWord word, bool isForced);

    /// <summary>User space, after a return: the level for the input of the emulated controller.</summary>
    /// <param name="word">The word found.</param>
    /// <param name="output">The timer's output as its registers, read now, give it; only Apple's users look at it.</param>
    /// <param name="input">The level that the input has.</param>
    static abstract bool Observe(SharedWord word, bool output, bool input);

    /// <summary>User space, before it runs the vCPU: the word that the kernel will find.</summary>
    /// <param name="word">The word as it is.</param>
    /// <param name="input">The level of the controller's input.</param>
    /// <param name="isPending">The timer's interrupt is pending in the controller.</param>
    static abstract SharedWord BeforeRun(SharedWord word, bool input, bool isPending);

    /// <summary>
    /// A fall of the line is noticed only by a return to user space, so it is promised only where returns never end.
    /// </summary>
    static abstract bool FallNeedsUserExit { get; }

    /// <summary>
    /// The word is KVM's: it has bits of other devices too, and the kernel compares with what it finds in it, whoever wrote it.
    /// </summary>
    static abstract bool HasDeviceWord { get; }

    /// <summary>
    /// User space was told that the line is high. A line may be gated in the guest only then (property S8).
    /// </summary>
    static abstract bool IsTold(SharedWord word, bool input);
}
