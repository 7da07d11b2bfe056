using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V2;

namespace Orrery.Interrupts.Conformance.Guests;

/// <summary>
/// Acknowledge, end and deactivate on either GIC. "Alternate" is group 0 on a GICv3 (IAR0, EOIR0), and the alias
/// registers for group 1 on a GICv2 (AIAR, AEOIR).
/// </summary>
internal static class GicAccess
{
    public static void ReadAcknowledge(A64Assembler asm, VgicKind gic, int to, int scratch, bool alternate)
    {
        if (gic == VgicKind.GicV3)
        {
            asm.ReadSystem(to, alternate ? SystemRegisters.IccIar0 : SystemRegisters.IccIar1);
            return;
        }

        asm.Load(scratch, GuestLayout.CpuInterface + (alternate ? GiccOffsets.AliasAcknowledge : GiccOffsets.Acknowledge));
        asm.Read(to, scratch, sizeof(uint));
    }

    public static void WriteEnd(A64Assembler asm, VgicKind gic, int from, int scratch, bool alternate)
    {
        if (gic == VgicKind.GicV3)
        {
            asm.WriteSystem(alternate ? SystemRegisters.IccEoir0 : SystemRegisters.IccEoir1, from);
            return;
        }

        asm.Load(scratch, GuestLayout.CpuInterface + (alternate ? GiccOffsets.AliasEndOfInterrupt : GiccOffsets.EndOfInterrupt));
        asm.Write(from, scratch, sizeof(uint));
    }

    public static void WriteDeactivate(A64Assembler asm, VgicKind gic, int from, int scratch)
    {
        if (gic == VgicKind.GicV3)
        {
            asm.WriteSystem(SystemRegisters.IccDir, from);
            return;
        }

        asm.Load(scratch, GuestLayout.CpuInterface + GiccOffsets.Deactivate);
        asm.Write(from, scratch, sizeof(uint));
    }
}
