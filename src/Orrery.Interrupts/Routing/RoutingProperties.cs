using Orrery.Interrupts.Exploration;

namespace Orrery.Interrupts.Routing;

/// <summary>The properties of timer routing: safety as bits, and liveness and fairness for each vCPU.</summary>
internal static class RoutingProperties
{
    /// <summary>Bits between the labels, or propositions, of one vCPU and those of the next.</summary>
    public const int BitsPerVcpu = 15;

    public const uint S1 = 1 << 0;
    public const uint S2 = 1 << 1;
    public const uint S3 = 1 << 2;
    public const uint S4 = 1 << 3;
    public const uint S5 = 1 << 4;
    public const uint S6 = 1 << 5;
    public const uint S7 = 1 << 6;
    public const uint S8 = 1 << 7;
    public const uint S9 = 1 << 8;
    public const uint S10 = 1 << 9;
    public const uint W6 = 1 << 10;
    public const uint L3 = 1 << 11;
    public const uint SW = 1 << 12;

    public static readonly SafetyProperty NoDeadlock = new("D", "somebody can always do something");

    /// <summary>In the order of the bits above.</summary>
    public static readonly IReadOnlyList<SafetyProperty> Safety =
    [
        new("S1", "the guest is entered only if the pre-entry check finds nothing to tell user space"),
        new("S2", "the controller's input changes only to a level that the line has had since its last change"),
        new("S3", "INTID 27 is acknowledged only if its input is high or the guest has set its latch"),
        new("S4", "INTID 27 is not acknowledged again before it is deactivated"),
        new("S5", "CTL and CVAL are what the guest wrote"),
        new("S6", "the guest's count never goes back"),
        new("S7", "an interrupt is taken for a vCPU's timer only if that timer's line is high"),
        new("S8", "the line is gated in the guest only if user space was told that it is high"),
        new("S9", "the kernel publishes only bits that its capability announces"),
        new("S10", "a machine saved and restored goes on as it would have without"),
        new("W6", "an acknowledgement that comes with a fall of the line is spurious"),
        new("L3", "between two forced exits the line changes or user space writes the word"),
        new("SW", "with the controller in the kernel: in the guest, the physical interrupt is active if a list register holds it"),
    ];

    public static uint Shift(RoutingLabels labels, int vcpu) => (uint)labels << (vcpu * BitsPerVcpu);

    public static uint Shift(RoutingPropositions propositions, int vcpu) => (uint)propositions << (vcpu * BitsPerVcpu);

    /// <param name="vcpus">The vCPUs to ask it of; where all are alike, one is enough.</param>
    /// <remarks>
    /// All avoid <see cref="RoutingLabels.WritesWord"/>: a machine that is saved and restored again and again need not get
    /// anywhere.
    /// </remarks>
    public static IReadOnlyList<LivenessProperty> Liveness(int vcpus) =>
    [
        .. ForEach(vcpus, vcpu => new LivenessProperty("L4", "the guest executes infinitely many instructions, unless it waits")
        {
            Within = Shift(RoutingPropositions.WantsToExecute, vcpu),
            Avoiding = Shift(RoutingLabels.Executes | RoutingLabels.WritesWord, vcpu),
        }),
        .. ForEach(vcpus, vcpu => new LivenessProperty("L5", "a guest that waits for its timer wakes")
        {
            Within = Shift(RoutingPropositions.MustWake, vcpu),
        }),
        .. ForEach(vcpus, vcpu => new LivenessProperty("L5", "a guest that waits is not woken again and again without a cause")
        {
            Within = Shift(RoutingPropositions.NothingSignalled, vcpu),
            Repeating = Shift(RoutingLabels.Wakes, vcpu),
            Avoiding = Shift(RoutingLabels.LineChanges | RoutingLabels.WritesWord, vcpu),
        }),
        .. ForEach(vcpus, vcpu => new LivenessProperty(
            "L1", "an interrupt whose line stays high and that nothing masks is acknowledged")
        {
            Within = Shift(RoutingPropositions.MustBeTaken, vcpu),
            Avoiding = Shift(RoutingLabels.Acknowledges | RoutingLabels.WritesWord, vcpu),
        }),
        .. ForEach(vcpus, vcpu => new LivenessProperty("L6", "an interrupt deactivated while its line is high is delivered again")
        {
            Within = Shift(RoutingPropositions.MustBeTakenAgain, vcpu),
            Avoiding = Shift(RoutingLabels.Acknowledges | RoutingLabels.WritesWord, vcpu),
        }),
        .. ForEach(vcpus, vcpu => new LivenessProperty("L2", "when the line stays low, the controller's input falls")
        {
            Within = Shift(RoutingPropositions.InputIsStale, vcpu),
            Avoiding = Shift(RoutingLabels.WritesWord, vcpu),
        }),
    ];

    /// <param name="vcpus">vCPUs in all.</param>
    /// <param name="fallNeedsUserExit">The protocol tells of a fall only at a return to user space.</param>
    public static IReadOnlyList<FairnessConstraint> Fairness(int vcpus, bool fallNeedsUserExit)
    {
        var constraints = new List<FairnessConstraint>();
        for (int vcpu = 0; vcpu < vcpus; vcpu++)
        {
            Assume("a thread that can go on does", FairnessKind.Weak, RoutingLabels.Moves);
            Assume("the host interrupts a guest that runs on", FairnessKind.Weak, RoutingLabels.InterruptsGuest);
            Assume("who waits for a CPU gets one", FairnessKind.Strong, RoutingLabels.Loads);
            Assume("who has a CPU gives it up when another waits", FairnessKind.Strong, RoutingLabels.Yields);
            Assume("user space lets the guest run", FairnessKind.Strong, RoutingLabels.Runs);
            Assume("a return to user space that can be made is", FairnessKind.Strong, RoutingLabels.Returns);
            Assume("a vCPU that can come to the pre-entry check does", FairnessKind.Strong, RoutingLabels.Checks);
            Assume("a guest that is entered executes", FairnessKind.Strong, RoutingLabels.Executes);
            if (fallNeedsUserExit)
            {
                Assume("a signal ends the guest's run", FairnessKind.Strong, RoutingLabels.Signals);
            }

            void Assume(string what, FairnessKind kind, RoutingLabels labels) =>
                constraints.Add(new FairnessConstraint(what, kind, Shift(labels, vcpu)));
        }

        return constraints;
    }

    private static IEnumerable<T> ForEach<T>(int vcpus, Func<int, T> make) => Enumerable.Range(0, vcpus).Select(make);
}
