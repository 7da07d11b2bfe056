namespace Orrery.Interrupts.Conformance.Generation;

/// <summary>
/// Offsets of the registers that generated programs use. In a GICv3 the registers of private interrupts are at the same
/// offsets of the redistributor's second frame (IHI 0048 table 4-1; IHI 0069 tables 12-25 and 12-29).
/// </summary>
internal static class GicOffsets
{
    public const uint Control = 0x000;
    public const uint Type = 0x004;
    public const uint ImplementerId = 0x008;
    public const uint Group = 0x080;
    public const uint SetEnable = 0x100;
    public const uint ClearEnable = 0x180;
    public const uint SetPending = 0x200;
    public const uint ClearPending = 0x280;
    public const uint SetActive = 0x300;
    public const uint ClearActive = 0x380;
    public const uint Priority = 0x400;
    public const uint Targets = 0x800;
    public const uint Configuration = 0xC00;
    public const uint GenerateSgi = 0xF00;
    public const uint ClearSgiPending = 0xF10;
    public const uint SetSgiPending = 0xF20;
    public const uint Routing = 0x6000;
}
