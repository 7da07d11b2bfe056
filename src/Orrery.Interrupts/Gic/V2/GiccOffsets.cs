namespace Orrery.Interrupts.Gic.V2;

/// <summary>Offsets in the memory-mapped CPU interface (IHI 0048 table 4-2).</summary>
internal static class GiccOffsets
{
    public const uint Control = 0x0000;
    public const uint PriorityMask = 0x0004;
    public const uint BinaryPoint = 0x0008;
    public const uint Acknowledge = 0x000C;
    public const uint EndOfInterrupt = 0x0010;
    public const uint RunningPriority = 0x0014;
    public const uint HighestPending = 0x0018;
    public const uint AliasBinaryPoint = 0x001C;
    public const uint AliasAcknowledge = 0x0020;
    public const uint AliasEndOfInterrupt = 0x0024;
    public const uint AliasHighestPending = 0x0028;
    public const uint ActivePriorities = 0x00D0;
    public const uint NonSecureActivePriorities = 0x00E0;
    public const uint Identification = 0x00FC;
    public const uint Deactivate = 0x1000;
}
