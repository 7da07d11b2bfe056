using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Conformance.Programs;

namespace Orrery.Interrupts.Conformance.Guests;

/// <summary>Where everything is in the guest's physical memory.</summary>
internal static class GuestLayout
{
    public const ulong Distributor = 0x0800_0000;
    public const ulong CpuInterface = 0x0801_0000;
    public const ulong Redistributors = 0x080A_0000;
    public const ulong RedistributorStride = 0x2_0000;

    /// <summary>Nothing is mapped here: a store leaves the guest, and says that a vCPU has done what it was to do.</summary>
    public const ulong Exit = 0x0900_0000;

    /// <summary>The exception vectors, then the code of each vCPU. Offsets from the start of RAM.</summary>
    public const int Vectors = 0;
    public const int Code = 0x1000;
    public const int CodeStride = 0xC000;

    /// <summary>What each vCPU remembers: its slots.</summary>
    public const int Slots = 0x3_2000;
    public const int SlotsStride = 0x400;

    /// <summary>What each vCPU reports: one word for each operation, more for taken interrupts.</summary>
    public const int Log = 0x3_4000;
    public const int LogStride = 0x2000;

    public const int RamBytes = 0x4_0000;

    public static ulong RamAddress(int offset) => AgentProtocol.RamBase + (ulong)offset;

    public static ulong AddressOf(RegisterFrame frame, int index, uint offset) => offset + frame switch
    {
        RegisterFrame.Distributor => Distributor,
        RegisterFrame.CpuInterface => CpuInterface,
        _ => Redistributors + (ulong)index * RedistributorStride,
    };
}
