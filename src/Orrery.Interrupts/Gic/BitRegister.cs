namespace Orrery.Interrupts.Gic;

/// <summary>
/// The registers with one bit per interrupt. They lie 0x80 bytes apart from 0x080 on, in the distributors of GICv2 and
/// GICv3 and in the SGI frame of a redistributor; the numbers here are those of the 0x80-byte blocks.
/// </summary>
internal enum BitRegister
{
    Group = 1,
    SetEnable = 2,
    ClearEnable = 3,
    SetPending = 4,
    ClearPending = 5,
    SetActive = 6,
    ClearActive = 7,
}
