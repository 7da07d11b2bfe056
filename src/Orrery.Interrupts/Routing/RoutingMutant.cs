namespace Orrery.Interrupts.Routing;

/// <summary>A system in which one rule is broken, and in which that shows.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Profile">The protocol.</param>
/// <param name="Options">The system, with the broken rule.</param>
/// <param name="What">What is done wrong.</param>
/// <param name="Origin">Who did it, or where it is known from.</param>
public sealed record RoutingMutant(
    string Name, RoutingProfile Profile, RoutingOptions Options, string What, string Origin)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<RoutingMutant> All { get; } =
    [
        // User space.
        Upstream(
            "ignore-eintr", Rule.ReadWordAfterEveryReturn, "does not read the word after -1/EINTR", "window W11"),
        new(
            "mask-is-pending", RoutingProfile.Literal, One(Rule.None), "tells the kernel the pending bit instead of the input",
            "the four rules, read literally"),
        Upstream(
            "serve-before-read", Rule.ReadWordBeforeAccess, "serves the guest's access before it reads the word", "window W6"),
        Upstream(
            "lower-at-eoi", Rule.InputFollowsLine, "lowers the controller's input when the guest writes EOIR",
            "an early port to Hypervisor.framework"),
        Upstream(
            "edge-injection", Rule.InjectLevel, "injects the timer's interrupt as an edge", "KVM before Linux 4b4b4512da2a"),
        new(
            "signal-active", RoutingProfile.Upstream, One(Rule.HoldWhileActive) with { HasSeparateDeactivation = true },
            "signals an interrupt that is active, with EOImode 1", "plausible"),
        Upstream(
            "write-word-at-will", Rule.PresetWordToInput, "writes a level into the word that its input does not have",
            "follows from window W14"),
        new(
            "save-in-pieces", RoutingProfile.Upstream,
            new RoutingOptions
            {
                Broken = Rule.SaveAtomically, // every state beside every snapshot: few events are enough
                Repertoire = Repertoire.TimerMask | Repertoire.Wait | Repertoire.Signals | Repertoire.SaveRestore,
            },
            "saves the controller first and the timer and the word later", "KVM before Linux 1a74847885cc"),
        Restoring(
            "restore-input", Rule.RecomputeInputAtRestore, "restores the controller's input from the snapshot", "window W14"),
        Restoring(
            "swapped-ids", Rule.SwappedRegisterIds, "takes the register numbers of CVAL and CNT at their word",
            "the numbers are swapped in the kernel's interface"),
        new(
            "unmask-at-access", RoutingProfile.Apple, One(Rule.UnmaskOnlyWhenLow), "unmasks the timer at every access of the guest's",
            "early ports to Hypervisor.framework, which hear of no EOI"),

        // The kernel.
        Upstream("no-entry-check", Rule.CheckBeforeEntry, "does not compare line and word before entry", "window W1"),
        Upstream("never-gate", Rule.GateHighLine, "enters the guest with a high line ungated", "KVM before Linux cff9211eb1a1"),
        Upstream("never-open-gate", Rule.OpenGate, "never opens the gate again", "window W17"),
        new(
            "gate-by-enable", RoutingProfile.Upstream,
            RoutingOptions.For(machines: 2) with { Broken = Rule.GateByActiveBit, LastMachineHasKernelController = true },
            "gates by the enable bit on a host that also runs machines with the controller in the kernel",
            "KVM before Linux d60d8b64280c"),
        new(
            "clear-active-in-list-register", RoutingProfile.Upstream,
            One(Rule.KeepGateWhileInListRegister) with { LastMachineHasKernelController = true },
            "deactivates the physical interrupt while a list register holds it", "KVM before Linux 0e3dfda91d9f"),
        Upstream(
            "trust-interrupt", Rule.RereadTimer, "takes an interrupt for the timer's, and the registers from a timer that is off",
            "KVM before Linux 36e5cfd410ad"),
        Upstream("istatus-without-imask", Rule.OutputRespectsMask, "takes ISTATUS for the output", "agentos pull request 132"),
        Upstream("publish-before-sync", Rule.SyncBeforePublish, "publishes the level of before the guest ran", "plausible"),
        new(
            "ctl-before-cval", RoutingProfile.Upstream, RoutingOptions.For(machines: 2) with { Broken = Rule.CvalBeforeCtl },
            "enables the timer before its deadline is in place", "plausible"),
        Upstream("unsigned-tval", Rule.TvalIsSigned, "takes TVAL for an unsigned number", "plausible"),
        Upstream(
            "host-imask", Rule.LeaveGuestMaskAlone, "silences the timer with the guest's own IMASK", "KVM as it was first"),
        Upstream("no-timer-wakeup", Rule.WakeByTimer, "lets a waiting guest sleep through its timer", "window W19"),
        new(
            "publish-unannounced", RoutingProfile.Upstream,
            new RoutingOptions
            {
                Broken = Rule.PublishOnlyAnnounced, AnnouncesPhysicalTimer = false, Repertoire = Repertoire.PhysicalTimer,
            },
            "publishes a bit that its capability does not announce", "plausible"),
    ];

    private static RoutingMutant Upstream(string name, Rule broken, string what, string origin) =>
        new(name, RoutingProfile.Upstream, One(broken), what, origin);

    private static RoutingMutant Restoring(string name, Rule broken, string what, string origin) =>
        new(name, RoutingProfile.Upstream, RoutingOptions.For() with { Broken = broken }, what, origin);

    /// <summary>One vCPU that is never saved and restored: to compare the two would find most mistakes first, and say little.</summary>
    private static RoutingOptions One(Rule broken) =>
        RoutingOptions.For() with { Broken = broken, Repertoire = Repertoire.All & ~Repertoire.SaveRestore };
}
