using Orrery.Interrupts.Conformance.A64;
using Orrery.Interrupts.Conformance.Guests;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V2;

namespace Orrery.Conformance.Tests.Live;

/// <summary>
/// The code of one vCPU of a live test: straight-line, with interrupts masked but in its windows, and a handler that
/// acknowledges, does what the test says, and ends. What it logs is read by the test. It leaves the guest at checkpoints:
/// stores where nothing is mapped.
/// </summary>
internal sealed class LiveGuest
{
    public const uint VirtualTimer = 27, PhysicalTimer = 30;

    /// <summary>CNTV_CTL and CNTP_CTL.</summary>
    public const ulong Enable = 1, Mask = 2, Status = 4;

    /// <summary>What <see cref="LogFault"/> logs of an instruction that does not exist (exception class 0).</summary>
    public const ulong UndefinedInstruction = GuestLog.FaultMark;

    private const int Value = 2, Address = 1, Loops = 3, Wanted = 21, Taken = 20;
    private const int InterruptMask = 0b0010; // IRQ
    private const ulong SpsrInterruptMask = 0x80;
    private const uint SetEnable0 = 0x100, SetPending0 = 0x200, ClearPending0 = 0x280, ClearEnable0 = 0x180;
    private readonly A64Assembler _asm = new();
    private readonly VgicKind _gic;
    private readonly int _vcpu;

    /// <param name="gic">How its controller is accessed: as a GICv2 (in the kernel, or in user space) or as a GICv3.</param>
    /// <param name="vcpu">Which vCPU it is.</param>
    public LiveGuest(VgicKind gic, int vcpu = 0)
    {
        _gic = gic;
        _vcpu = vcpu;
        _asm.Load(Address, GuestLayout.RamAddress(VectorsOf(vcpu)));
        _asm.WriteSystem(SystemRegisters.Vbar, Address);
        _asm.Load(GuestRegisters.Log, GuestLayout.RamAddress(GuestLayout.Log + vcpu * GuestLayout.LogStride));
        _asm.Load(Taken, 0);
        _asm.InstructionBarrier();
    }

    /// <summary>What the handler does between acknowledge and end: by default it masks and disables the virtual timer.</summary>
    public Action<LiveGuest> Handler { get; init; } = guest => guest.Write(SystemRegisters.CntvCtl, Mask);

    private GicFrame PrivateFrame => _gic == VgicKind.GicV2 ? GicFrame.Distributor : GicFrame.RedistributorSgi;

    /// <summary>Where a vCPU's vectors are: vCPU 0's in front of the code, the others' behind the first code.</summary>
    public static int VectorsOf(int vcpu) => vcpu == 0 ? GuestLayout.Vectors : GuestLayout.Code + vcpu * GuestLayout.CodeStride - 0x1000;

    /// <summary>Code and vectors, each with its offset in RAM.</summary>
    public (int At, byte[] Code)[] Image()
    {
        var handler = new LiveGuest(_gic, _vcpu, this);
        return [(GuestLayout.Code + _vcpu * GuestLayout.CodeStride, _asm.ToBytes()), (VectorsOf(_vcpu), handler._asm.ToBytes())];
    }

    /// <summary>Enables distributor, CPU interface and both timers' PPIs; opens the priority mask.</summary>
    public LiveGuest Initialise(params uint[] ppis)
    {
        Store(GicFrame.Distributor, 0, _gic == VgicKind.GicV2 ? 1u : 2u);
        if (_gic == VgicKind.GicV3)
        {
            Write(SystemRegisters.IccPmr, 0xF8);
            Write(SystemRegisters.IccIgrpen1, 1);
        }
        else
        {
            Store(GicFrame.CpuInterface, GiccOffsets.PriorityMask, 0xF8);
            Store(GicFrame.CpuInterface, GiccOffsets.Control, 1);
        }

        foreach (uint ppi in ppis)
        {
            EnablePpi(ppi);
        }

        return this;
    }

    public LiveGuest EnablePpi(uint ppi) => Store(PrivateFrame, SetEnable0, 1u << (int)ppi);

    public LiveGuest DisablePpi(uint ppi) => Store(PrivateFrame, ClearEnable0, 1u << (int)ppi);

    public LiveGuest SetPending(uint ppi) => Store(PrivateFrame, SetPending0, 1u << (int)ppi);

    public LiveGuest ClearPending(uint ppi) => Store(PrivateFrame, ClearPending0, 1u << (int)ppi);

    /// <summary>Logs whether a private interrupt is pending.</summary>
    public LiveGuest LogPending(uint ppi)
    {
        Load(Value, PrivateFrame, SetPending0);
        _asm.ExtractBits(Value, Value, (int)ppi, 1);
        return Log();
    }

    /// <summary>Writes a 32-bit register of the controller.</summary>
    public LiveGuest Store(GicFrame frame, uint offset, uint value)
    {
        _asm.Load(Address, GuestLayout.AddressOf(frame, _vcpu, offset));
        _asm.Load(Value, value);
        _asm.Write(Value, Address, sizeof(uint));
        _asm.DataBarrier();
        return this;
    }

    public LiveGuest Write(SystemRegister register, ulong value)
    {
        _asm.Load(Value, value);
        _asm.WriteSystem(register, Value);
        _asm.InstructionBarrier();
        return this;
    }

    /// <summary>Copies a system register, plus a small constant, into another.</summary>
    public LiveGuest Copy(SystemRegister from, SystemRegister to, int plus = 0)
    {
        _asm.ReadSystem(Value, from);
        if (plus >= 0)
        {
            _asm.Add(Value, Value, plus);
        }
        else
        {
            _asm.Subtract(Value, Value, -plus);
        }

        _asm.WriteSystem(to, Value);
        _asm.InstructionBarrier();
        return this;
    }

    /// <summary>CVAL := count or 2^32: so far away, while the count is small, that TVAL cannot say it.</summary>
    public LiveGuest SetFarDeadline()
    {
        _asm.ReadSystem(Value, SystemRegisters.CntvCount);
        _asm.Load(Loops, 1UL << 32);
        _asm.Or(Value, Value, Loops);
        _asm.WriteSystem(SystemRegisters.CntvCval, Value);
        _asm.InstructionBarrier();
        return this;
    }

    public LiveGuest Log(SystemRegister register)
    {
        _asm.InstructionBarrier();
        _asm.ReadSystem(Value, register);
        return Log();
    }

    /// <summary>Reads a system register and logs the exception that this causes; 0 if none.</summary>
    public LiveGuest LogFault(SystemRegister register)
    {
        _asm.Load(GuestRegisters.Result, 0);
        _asm.ReadSystem(Value, register);
        _asm.Push(GuestRegisters.Result, GuestRegisters.Log);
        return this;
    }

    /// <summary>Logs how many interrupts the handler has taken so far.</summary>
    public LiveGuest LogTaken()
    {
        _asm.Push(Taken, GuestRegisters.Log);
        return this;
    }

    /// <summary>Acknowledges by polling, and logs what IAR said.</summary>
    public LiveGuest Acknowledge()
    {
        GicAccess.ReadAcknowledge(_asm, _gic, Value, Address, alternate: false);
        return Log();
    }

    public LiveGuest EndOfInterrupt(uint value)
    {
        _asm.Load(Value, value);
        GicAccess.WriteEnd(_asm, _gic, Value, Address, alternate: false);
        _asm.InstructionBarrier();
        return this;
    }

    public LiveGuest Deactivate(uint value)
    {
        _asm.Load(Value, value);
        GicAccess.WriteDeactivate(_asm, _gic, Value, Address);
        return this;
    }

    /// <summary>Leaves the guest; run again, it goes on behind.</summary>
    public LiveGuest Checkpoint(uint number = 0)
    {
        _asm.Load(Value, number);
        _asm.Load(Address, GuestLayout.Exit);
        _asm.Write(Value, Address, sizeof(uint));
        return this;
    }

    /// <summary>Runs for a while without any access that leaves the guest.</summary>
    public LiveGuest Spin(ulong loops = 1_000_000)
    {
        Label again = _asm.NewLabel();
        _asm.Load(Loops, loops);
        _asm.Mark(again);
        _asm.Subtract(Loops, Loops, 1);
        _asm.BranchIfNotZero(Loops, again);
        return this;
    }

    /// <summary>Runs for ever.</summary>
    public LiveGuest Hang()
    {
        Label again = _asm.NewLabel();
        _asm.Mark(again);
        _asm.Branch(again);
        return this;
    }

    /// <summary>Polls a timer's ISTATUS until it is set.</summary>
    public LiveGuest AwaitStatus(SystemRegister control)
    {
        const int statusBit = 2;
        Label again = _asm.NewLabel();
        _asm.Mark(again);
        _asm.ReadSystem(Value, control);
        _asm.ExtractBits(Value, Value, statusBit, 1);
        _asm.BranchIfZero(Value, again);
        return this;
    }

    public LiveGuest WaitForInterrupt()
    {
        _asm.WaitForInterrupt();
        return this;
    }

    public LiveGuest Unmask()
    {
        _asm.Unmask(InterruptMask);
        return this;
    }

    public LiveGuest MaskInterrupts()
    {
        _asm.Mask(InterruptMask);
        return this;
    }

    /// <summary>Takes interrupts while it does something (by default it spins), then logs how many were taken so far.</summary>
    public LiveGuest Window(Action<LiveGuest>? wait = null)
    {
        _asm.Load(Wanted, ulong.MaxValue);
        Unmask();
        (wait ?? (guest => guest.Spin()))(this);
        MaskInterrupts();
        return LogTaken();
    }

    /// <summary>Takes exactly so many interrupts more, then logs how many were taken so far.</summary>
    public LiveGuest TakeInterrupts(ulong count, bool sleeping = false)
    {
        Label again = _asm.NewLabel();
        _asm.Load(Wanted, count);
        _asm.Mark(again);

        // Looked at with interrupts masked, which WFI ignores: an interrupt before WFI ends it at once.
        MaskInterrupts();
        if (sleeping)
        {
            _asm.WaitForInterrupt();
        }

        Unmask();
        _asm.InstructionBarrier();
        MaskInterrupts();
        _asm.BranchIfNotZero(Wanted, again);
        return LogTaken();
    }

    private LiveGuest(VgicKind gic, int vcpu, LiveGuest main)
    {
        const int synchronous = 0x200, irq = 0x280, end = 0x800;
        _gic = gic;
        _vcpu = vcpu;
        _asm.PadTo(synchronous);
        GuestVectors.AppendSynchronous(_asm);
        _asm.PadTo(irq);
        Label handler = _asm.NewLabel();
        _asm.Branch(handler);
        _asm.PadTo(end);
        _asm.Mark(handler);
        foreach ((int save, int register) in s_saved)
        {
            _asm.Move(save, register);
        }

        GicAccess.ReadAcknowledge(_asm, gic, GuestRegisters.Handler, GuestRegisters.HandlerAddress, alternate: false);
        main.Handler(this);
        GicAccess.WriteEnd(_asm, gic, GuestRegisters.Handler, GuestRegisters.HandlerAddress, alternate: false);
        _asm.InstructionBarrier();
        _asm.Add(Taken, Taken, 1);
        _asm.Subtract(Wanted, Wanted, 1);
        Label more = _asm.NewLabel();
        _asm.BranchIfNotZero(Wanted, more);
        _asm.ReadSystem(Value, SystemRegisters.Spsr);
        _asm.Load(Address, SpsrInterruptMask);
        _asm.Or(Value, Value, Address);
        _asm.WriteSystem(SystemRegisters.Spsr, Value);
        _asm.Mark(more);
        foreach ((int save, int register) in s_saved)
        {
            _asm.Move(register, save);
        }

        _asm.ExceptionReturn();
    }

    /// <summary>What the handler uses and the code it interrupts may be using.</summary>
    private static readonly (int Save, int Register)[] s_saved = [(11, Address), (12, Value), (13, Loops)];

    /// <summary>In the handler: logs what was acknowledged.</summary>
    public LiveGuest LogAcknowledged()
    {
        _asm.Push(GuestRegisters.Handler, GuestRegisters.Log);
        return this;
    }

    private void Load(int to, GicFrame frame, uint offset)
    {
        _asm.Load(Address, GuestLayout.AddressOf(frame, _vcpu, offset));
        _asm.Read(to, Address, sizeof(uint));
    }

    private LiveGuest Log()
    {
        _asm.Push(Value, GuestRegisters.Log);
        return this;
    }
}
