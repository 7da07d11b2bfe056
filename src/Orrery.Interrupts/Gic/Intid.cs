namespace Orrery.Interrupts.Gic;

/// <summary>The classes of interrupt numbers (IHI 0069 2.2, IHI 0048 2.2.1).</summary>
public static class Intid
{
    /// <summary>SGIs are 0 to 15.</summary>
    public const uint SgiCount = 16;

    /// <summary>SGIs and PPIs are 0 to 31, banked per CPU.</summary>
    public const uint PrivateCount = 32;

    /// <summary>The first INTID after the last possible SPI; 1020 to 1023 are special.</summary>
    public const uint SpiEnd = 1020;

    /// <summary>IAR of a GICv2 whose reader may not acknowledge group 1: the interrupt stays pending.</summary>
    public const uint WrongGroup = 1022;

    /// <summary>Nothing to acknowledge.</summary>
    public const uint Spurious = 1023;

    /// <summary>The most INTIDs, private ones included, that the bit registers of a distributor hold.</summary>
    public const int MaxCount = 1024;

    /// <summary>LPIs start here.</summary>
    public const uint FirstLpi = 8192;

    /// <summary>Whether the INTID is banked per CPU.</summary>
    public static bool IsPrivate(uint intid) => intid < PrivateCount;
}
