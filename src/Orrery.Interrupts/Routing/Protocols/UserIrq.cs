namespace Orrery.Interrupts.Routing.Protocols;

/// <summary>
/// KVM_CAP_ARM_USER_IRQ as it is in Linux 6.12 (arch/arm64/kvm/arch_timer.c): no explicit MASK; the kernel compares the
/// line with what it published last, and gates the line itself for as long as it is high.
/// </summary>
public readonly struct UserIrq : IRoutingProtocol
{
    /// <inheritdoc/>
    public static string Name => "upstream";

    /// <inheritdoc/>
    public static bool MustExit(bool line, SharedWord word) => line != word.Level;

    /// <inheritdoc/>
    public static bool GateAtLoad(bool line, SharedWord word) => line;

    /// <inheritdoc/>
    public static bool GateAtEntry(bool gate, SharedWord word) => gate;

    /// <inheritdoc/>
    public static bool OpensGateWhenLow => true;

    /// <inheritdoc/>
    public static SharedWord Publish(bool line, SharedWord word, bool isForced) => word with { Level = line };

    /// <inheritdoc/>
    public static bool Observe(SharedWord word, bool output, bool input) => word.Level;

    /// <inheritdoc/>
    public static SharedWord BeforeRun(SharedWord word, bool input, bool isPending) => word;

    /// <inheritdoc/>
    public static bool FallNeedsUserExit => false;

    /// <inheritdoc/>
    public static bool HasDeviceWord => true;

    /// <inheritdoc/>
    public static bool IsTold(SharedWord word, bool input) => word.Level;
}
