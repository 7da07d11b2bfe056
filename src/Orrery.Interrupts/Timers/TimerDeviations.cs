namespace Orrery.Interrupts.Timers;

/// <summary>Mistakes that are easily made with timers; the tests must kill each.</summary>
[Flags]
public enum TimerDeviations : byte
{
    /// <summary>As the architecture has it.</summary>
    None = 0,

    /// <summary>Mutant: a value written to TVAL is not sign-extended.</summary>
    TimerValueUnsigned = 1 << 0,

    /// <summary>Mutant: the line follows ISTATUS and ignores IMASK (agentos PR 132).</summary>
    OutputIgnoresMask = 1 << 1,

    /// <summary>Mutant: counter and compare value are compared as signed numbers.</summary>
    SignedCompare = 1 << 2,

    /// <summary>Mutant: ISTATUS is hidden while IMASK is set.</summary>
    StatusHiddenByMask = 1 << 3,

    /// <summary>Mutant: the timer fires on the count after the compare value.</summary>
    FiresLate = 1 << 4,
}

/// <summary>Membership of a deviation.</summary>
public static class TimerDeviationsExtensions
{
    /// <summary>Whether any of <paramref name="which"/> is in <paramref name="set"/>.</summary>
    public static bool Has(this TimerDeviations set, TimerDeviations which) => (set & which) != 0;
}
