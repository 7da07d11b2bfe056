using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Live;

namespace Orrery.Interrupts.Conformance.Guests;

/// <summary>
/// Acknowledge, end and deactivate on either GIC. "Alternate" is group 0 on a GICv3 (IAR0, EOIR0), and the alias
/// registers for group 1 on a GICv2 (AIAR, AEOIR).
/// </summary>
internal static class GicAccess
{
    // IHI 0048, table 4-2.
    private const uint Iar = 0x0C, Eoir = 0x10, Aiar = 0x20, Aeoir = 0x24, Dir = 0x1000;

    public static void ReadAcknowledge(A64Assembler asm, GicVersion gic, int to, int scratch, bool alternate)
    {
        if (gic == GicVersion.V3)
        {
            asm.ReadSystem(to, alternate ? SystemRegisters.IccIar0 : SystemRegisters.IccIar1);
            return;
        }

        asm.Load(scratch, GuestLayout.CpuInterface + (alternate ? Aiar : Iar));
        asm.Read(to, scratch, sizeof(uint));
    }

    public static void WriteEnd(A64Assembler asm, GicVersion gic, int from, int scratch, bool alternate)
    {
        if (gic == GicVersion.V3)
        {
            asm.WriteSystem(alternate ? SystemRegisters.IccEoir0 : SystemRegisters.IccEoir1, from);
            return;
        }

        asm.Load(scratch, GuestLayout.CpuInterface + (alternate ? Aeoir : Eoir));
        asm.Write(from, scratch, sizeof(uint));
    }

    public static void WriteDeactivate(A64Assembler asm, GicVersion gic, int from, int scratch)
    {
        if (gic == GicVersion.V3)
        {
            asm.WriteSystem(SystemRegisters.IccDir, from);
            return;
        }

        asm.Load(scratch, GuestLayout.CpuInterface + Dir);
        asm.Write(from, scratch, sizeof(uint));
    }
}
