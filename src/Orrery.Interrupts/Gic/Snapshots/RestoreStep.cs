namespace Orrery.Interrupts.Gic.Snapshots;

/// <summary>The steps of a restore, in an order that respects every dependency.</summary>
public enum RestoreStep
{
    /// <summary>GICD_IIDR is written back.</summary>
    Identification,

    /// <summary>GICR_PROPBASER and GICR_PENDBASER.</summary>
    LpiTables,

    /// <summary>Groups, triggers, routes or targets, priorities.</summary>
    Configuration,

    /// <summary>GICD_CTLR and the status registers.</summary>
    DistributorControl,

    /// <summary>Enables: all cleared, then set.</summary>
    Enables,

    /// <summary>Lines (GICv3).</summary>
    Lines,

    /// <summary>Latches: cleared (GICv2), then set.</summary>
    Pending,

    /// <summary>Active bits: all cleared, then set.</summary>
    Active,

    /// <summary>CPU interfaces, active priorities included.</summary>
    CpuInterface,

    /// <summary>GICR_CTLR: LPIs are enabled.</summary>
    RedistributorControl,
}

/// <summary>That one step of a restore must come before another, and what happens otherwise.</summary>
/// <param name="Before">The step that comes first.</param>
/// <param name="After">The step that comes later.</param>
/// <param name="Otherwise">The failure that the order prevents.</param>
public readonly record struct RestoreDependency(RestoreStep Before, RestoreStep After, string Otherwise)
{
    private const string NotQueued =
        "KVM delivers nothing of what becomes pending while the distributor is disabled, also not once it is enabled";

    /// <summary>
    /// Every dependency between steps. All of them also come after the device is initialised and before any vCPU runs;
    /// apart from this their order is free.
    /// </summary>
    public static IReadOnlyList<RestoreDependency> All { get; } =
    [
        .. Enum.GetValues<RestoreStep>().Where(step => step != RestoreStep.Identification).Select(step => new RestoreDependency(
            RestoreStep.Identification, step, "KVM drops the groups of a GICv2 and may differ in behaviour revision")),
        new(RestoreStep.LpiTables, RestoreStep.RedistributorControl, "the table registers are frozen once LPIs are enabled"),
        new(RestoreStep.Configuration, RestoreStep.Pending, "pending interrupts are queued to the wrong CPU or with the wrong trigger"),
        new(RestoreStep.Configuration, RestoreStep.Lines, "KVM queues interrupts whose line is high to the wrong CPU"),
        new(RestoreStep.DistributorControl, RestoreStep.Pending, NotQueued),
        new(RestoreStep.DistributorControl, RestoreStep.Lines, NotQueued),
    ];

    /// <summary>Whether an order of all steps respects every dependency.</summary>
    public static bool Allows(IReadOnlyList<RestoreStep> order)
    {
        int[] place = new int[Enum.GetValues<RestoreStep>().Length];
        for (int i = 0; i < order.Count; i++)
        {
            place[(int)order[i]] = i;
        }

        return order.Distinct().Count() == place.Length && All.All(d => place[(int)d.Before] < place[(int)d.After]);
    }
}
