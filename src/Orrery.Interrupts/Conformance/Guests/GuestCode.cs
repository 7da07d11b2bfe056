using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Guests;

/// <summary>
/// The code of one vCPU: its operations, one after the other, each of which appends its result to the vCPU's log. It
/// runs at EL1 with the MMU off and interrupts masked, and leaves the guest by a store to
/// <see cref="GuestLayout.Exit"/>; run again, it goes on behind that store.
/// </summary>
internal sealed class GuestCode
{
    private const int InterruptMasks = 0b0011; // FIQ and IRQ
    private readonly A64Assembler _asm;
    private readonly VgicKind _gic;
    private readonly int _vcpu;

    public GuestCode(VgicKind gic, int vcpu)
    {
        _gic = gic;
        _vcpu = vcpu;
        _asm = new A64Assembler();
        _asm.Comment("where vectors, slots and log are");
        _asm.Load(GuestRegisters.Work, GuestLayout.RamAddress(GuestLayout.Vectors));
        _asm.WriteSystem(SystemRegisters.Vbar, GuestRegisters.Work);
        _asm.Load(GuestRegisters.Slots, GuestLayout.RamAddress(GuestLayout.Slots + vcpu * GuestLayout.SlotsStride));
        _asm.Load(GuestRegisters.Log, GuestLayout.RamAddress(GuestLayout.Log + vcpu * GuestLayout.LogStride));
        _asm.InstructionBarrier();
    }

    public IReadOnlyList<A64Assembler.ListingLine> Listing => _asm.Listing;

    public byte[] ToBytes() => _asm.ToBytes();

    public void Append(Operation op)
    {
        _asm.Comment(op.ToString());
        switch (op.Kind)
        {
            case OperationKind.Read:
                _asm.Load(GuestRegisters.Address, GuestLayout.AddressOf(op.Frame, op.Index, op.Where));
                _asm.Read(GuestRegisters.Result, GuestRegisters.Address, op.Width);
                break;
            case OperationKind.Write:
                _asm.Load(GuestRegisters.Address, GuestLayout.AddressOf(op.Frame, op.Index, op.Where));
                _asm.Load(GuestRegisters.Work, op.Value);
                _asm.Load(GuestRegisters.Result, 0);
                _asm.Write(GuestRegisters.Work, GuestRegisters.Address, op.Width);
                break;
            case OperationKind.ReadSystem:
                _asm.ReadSystem(GuestRegisters.Result, op.System);
                break;
            case OperationKind.WriteSystem:
                _asm.Load(GuestRegisters.Work, op.Value);
                _asm.Load(GuestRegisters.Result, 0);
                _asm.WriteSystem(op.System, GuestRegisters.Work);
                break;
            case OperationKind.Acknowledge:
                GicAccess.ReadAcknowledge(_asm, _gic, GuestRegisters.Result, GuestRegisters.Address, op.Alternate);
                _asm.WriteAt(GuestRegisters.Result, GuestRegisters.Slots, SlotOffset(op));
                break;
            case OperationKind.EndOfInterrupt:
                _asm.ReadAt(GuestRegisters.Work, GuestRegisters.Slots, SlotOffset(op));
                _asm.Load(GuestRegisters.Result, 0);
                GicAccess.WriteEnd(_asm, _gic, GuestRegisters.Work, GuestRegisters.Address, op.Alternate);
                break;
            case OperationKind.Deactivate:
                _asm.ReadAt(GuestRegisters.Work, GuestRegisters.Slots, SlotOffset(op));
                _asm.Load(GuestRegisters.Result, 0);
                GicAccess.WriteDeactivate(_asm, _gic, GuestRegisters.Work, GuestRegisters.Address);
                break;
            case OperationKind.TakeInterrupts:
                AppendWindow(op);
                return;
            default:
                throw new ArgumentException($"{op.Kind} is not the guest's");
        }

        Settle();
        _asm.Push(GuestRegisters.Result, GuestRegisters.Log);
    }

    /// <summary>Leaves the guest here.</summary>
    public void AppendExit()
    {
        _asm.Comment("done for now");
        _asm.Load(GuestRegisters.Address, GuestLayout.Exit);
        _asm.Write(A64Assembler.Zero, GuestRegisters.Address, sizeof(uint));
    }

    private static int SlotOffset(Operation op) => op.Index * sizeof(ulong);

    private void AppendWindow(Operation op)
    {
        _asm.Load(GuestRegisters.Budget, op.Index);
        _asm.Load(GuestRegisters.HandlerDeactivates, op.Alternate ? 1u : 0u);
        _asm.Unmask(InterruptMasks);
        Settle();
        _asm.Mask(InterruptMasks);
        _asm.Load(GuestRegisters.Result, GuestLog.WindowEnd);
        _asm.Push(GuestRegisters.Result, GuestRegisters.Log);
    }

    /// <summary>
    /// Gives every effect of an operation time to arrive: barriers, then a few branches, at each of which an emulated
    /// CPU looks for interrupts (those that KVM takes to refill its list registers among them).
    /// </summary>
    private void Settle()
    {
        const int branches = 4;
        _asm.DataBarrier();
        _asm.InstructionBarrier();
        Label again = _asm.NewLabel();
        _asm.Load(GuestRegisters.Work, branches);
        _asm.Mark(again);
        _asm.Subtract(GuestRegisters.Work, GuestRegisters.Work, 1);
        _asm.BranchIfNotZero(GuestRegisters.Work, again);
    }
}
