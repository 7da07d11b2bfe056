namespace Orrery.Interrupts.Routing.Protocols;

/// <summary>
/// What both readings of the four rules of 2016 share: (a) every exit publishes LEVEL; (b) every entry carries MASK;
/// (c) before entry, LEVEL and not MASK: exit; (d) before entry, MASK and not LEVEL: exit. So the guest runs where the two
/// agree, with the physical line gated by MASK. The readings differ in what MASK means.
/// </summary>
public interface IFourRules : IRoutingProtocol
{
    static bool IRoutingProtocol.MustExit(bool line, SharedWord word) => line != word.Mask;

    static bool IRoutingProtocol.GateAtLoad(bool line, SharedWord word) => word.Mask;

    static bool IRoutingProtocol.GateAtEntry(bool gate, SharedWord word) => word.Mask;

    static bool IRoutingProtocol.OpensGateWhenLow => false;

    static SharedWord IRoutingProtocol.Publish(bool line, SharedWord word, bool isForced) => word with { Level = line };

    static bool IRoutingProtocol.Observe(SharedWord word, bool output, bool input) => word.Level;

    static bool IRoutingProtocol.FallNeedsUserExit => false;

    static bool IRoutingProtocol.HasDeviceWord => false;

    static bool IRoutingProtocol.IsTold(SharedWord word, bool input) => input;
}

/// <summary>
/// The four rules taken literally: MASK is "the emulated controller has the timer's interrupt pending". Livelocks where
/// pending and line differ for a reason that user space cannot remove (docs/timer-routing.md).
/// </summary>
public readonly struct LiteralFourRules : IFourRules
{
    /// <inheritdoc/>
    public static string Name => "literal";

    /// <inheritdoc/>
    public static SharedWord BeforeRun(SharedWord word, bool input, bool isPending) => word with { Mask = isPending };
}

/// <summary>
/// The four rules repaired: MASK is the level last seen by the emulated controller's input. Then a difference is always
/// one that user space removes by looking, and each change of the line costs at most one forced exit.
/// </summary>
public readonly struct RepairedFourRules : IFourRules
{
    /// <inheritdoc/>
    public static string Name => "repaired";

    /// <inheritdoc/>
    public static SharedWord BeforeRun(SharedWord word, bool input, bool isPending) => word with { Mask = input };
}
