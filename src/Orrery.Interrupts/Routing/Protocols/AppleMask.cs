namespace Orrery.Interrupts.Routing.Protocols;

/// <summary>
/// Apple's Hypervisor.framework, with a user as QEMU is (target/arm/hvf/hvf.c): the rise of the line is an exit of its own
/// kind, at which the framework masks the timer; the fall is told by nobody, so user space reads the timer at every exit
/// while it is masked, and unmasks when the line is low.
/// </summary>
public readonly struct AppleMask : IRoutingProtocol
{
    /// <inheritdoc/>
    public static string Name => "apple";

    /// <inheritdoc/>
    public static bool MustExit(bool line, SharedWord word) => line && !word.Mask;

    /// <inheritdoc/>
    public static bool GateAtLoad(bool line, SharedWord word) => word.Mask;

    /// <inheritdoc/>
    public static bool GateAtEntry(bool gate, SharedWord word) => word.Mask;

    /// <inheritdoc/>
    public static bool OpensGateWhenLow => false;

    /// <inheritdoc/>
    public static SharedWord Publish(bool line, SharedWord word, bool isForced) =>
        new(Level: isForced, Mask: isForced || word.Mask);

    /// <inheritdoc/>
    public static bool Observe(SharedWord word, bool output, bool input) =>
        word.Level || (word.Mask ? output : input);

    /// <inheritdoc/>
    public static SharedWord BeforeRun(SharedWord word, bool input, bool isPending) =>
        word with { Mask = word.Mask && input };

    /// <inheritdoc/>
    public static bool FallNeedsUserExit => true;

    /// <inheritdoc/>
    public static bool HasDeviceWord => false;

    /// <inheritdoc/>
    public static bool IsTold(SharedWord word, bool input) => input;
}
