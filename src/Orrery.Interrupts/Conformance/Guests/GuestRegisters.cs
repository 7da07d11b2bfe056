namespace Orrery.Interrupts.Conformance.Guests;

/// <summary>What the general registers of guest code hold. Handlers use <see cref="Handler"/> and the next two freely.</summary>
internal static class GuestRegisters
{
    public const int Result = 0;
    public const int Address = 1;
    public const int Work = 2;

    public const int Handler = 9;
    public const int HandlerAddress = 10;

    /// <summary>How many more interrupts the handler may take before it masks them.</summary>
    public const int Budget = 25;

    /// <summary>Not zero: the handler writes DIR after EOIR.</summary>
    public const int HandlerDeactivates = 26;

    public const int Slots = 27;

    /// <summary>Where the next word of the log goes.</summary>
    public const int Log = 28;
}
