using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Guests;

/// <summary>
/// The exception vectors that all vCPUs of a guest share. A synchronous exception becomes the result of the operation
/// that caused it; an interrupt is acknowledged, logged and ended, until the budget of the operation is used up.
/// </summary>
internal static class GuestVectors
{
    // DDI 0487, D1.3.1.5: entries for exceptions from the current level, on its own stack pointer.
    private const int Synchronous = 0x200;
    private const int Irq = 0x280;
    private const int Fiq = 0x300;
    private const int End = 0x800;
    private const ulong SpsrInterruptMasks = 0xC0; // I and F

    public static byte[] Build(VgicKind gic)
    {
        var asm = new A64Assembler();
        asm.PadTo(Synchronous);
        AppendSynchronous(asm);
        asm.PadTo(Irq);
        AppendInterrupt(asm, gic, isFiq: false);
        asm.PadTo(Fiq);
        AppendInterrupt(asm, gic, isFiq: true);
        asm.PadTo(End);
        return asm.ToBytes();
    }

    /// <summary>The result is the exception's class; the instruction is skipped.</summary>
    public static void AppendSynchronous(A64Assembler asm)
    {
        const int classBit = 26, classBits = 6;
        asm.ReadSystem(GuestRegisters.Handler, SystemRegisters.Esr);
        asm.ExtractBits(GuestRegisters.Handler, GuestRegisters.Handler, classBit, classBits);
        asm.Load(GuestRegisters.Result, GuestLog.FaultMark);
        asm.Or(GuestRegisters.Result, GuestRegisters.Result, GuestRegisters.Handler);
        asm.ReadSystem(GuestRegisters.Handler, SystemRegisters.Elr);
        asm.Add(GuestRegisters.Handler, GuestRegisters.Handler, sizeof(uint));
        asm.WriteSystem(SystemRegisters.Elr, GuestRegisters.Handler);
        asm.ExceptionReturn();
    }

    private static void AppendInterrupt(A64Assembler asm, VgicKind gic, bool isFiq)
    {
        Label noDeactivation = asm.NewLabel();
        Label budgetLeft = asm.NewLabel();
        bool alternate = isFiq && gic == VgicKind.GicV3;
        GicAccess.ReadAcknowledge(asm, gic, GuestRegisters.Handler, GuestRegisters.HandlerAddress, alternate);
        asm.Push(GuestRegisters.Handler, GuestRegisters.Log);
        GicAccess.WriteEnd(asm, gic, GuestRegisters.Handler, GuestRegisters.HandlerAddress, alternate);
        asm.BranchIfZero(GuestRegisters.HandlerDeactivates, noDeactivation);
        GicAccess.WriteDeactivate(asm, gic, GuestRegisters.Handler, GuestRegisters.HandlerAddress);
        asm.Mark(noDeactivation);
        asm.DataBarrier();
        asm.Subtract(GuestRegisters.Budget, GuestRegisters.Budget, 1);
        asm.BranchIfNotZero(GuestRegisters.Budget, budgetLeft);
        asm.ReadSystem(GuestRegisters.Handler, SystemRegisters.Spsr);
        asm.Load(GuestRegisters.HandlerAddress, SpsrInterruptMasks);
        asm.Or(GuestRegisters.Handler, GuestRegisters.Handler, GuestRegisters.HandlerAddress);
        asm.WriteSystem(SystemRegisters.Spsr, GuestRegisters.Handler);
        asm.Mark(budgetLeft);
        asm.ExceptionReturn();
    }
}
