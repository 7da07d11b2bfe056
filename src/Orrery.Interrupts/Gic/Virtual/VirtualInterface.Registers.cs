namespace Orrery.Interrupts.Gic.Virtual;

/// <content>
/// The hypervisor's registers: GICH (IHI 0048 5.3, memory-mapped) and ICH (IHI 0069 12.4, system registers). The two differ in
/// where they are, in the form of list registers, in the width of VMCR.PMR, and in active priorities by group.
/// </content>
public sealed partial class VirtualInterface
{
    private const uint HcrWritable = 0xFF, HcrTraps = 1 << 10 | 1 << 11 | 1 << 12 | 1 << 14, HcrEnable = 1;
    private const int EoiCountShift = 27;
    private const uint UnderflowEnable = 1 << 1, NotPresentEnable = 1 << 2, NoPendingEnable = 1 << 3;
    private const uint FrameSize = 0x1000, ActivePriorities = 0xF0, ListStart = 0x100, ListEnd = 0x200;
    private uint _control;

    private bool IsEnabled => (_control & HcrEnable) != 0;

    /// <summary>MISR: [0] EOI [1] underflow [2] not present [3] no pending [4] group 0 enabled [5] disabled [6], [7] group 1.</summary>
    private uint MaintenanceReasons
    {
        get
        {
            int valid = _list.Count(interrupt => !interrupt.IsInvalid);
            uint groups = (_guest.Group0Enabled ? 1u << 4 : 1u << 5) | (_guest.Group1Enabled ? 1u << 6 : 1u << 7);
            return (_list.Any(interrupt => interrupt.IsEnded) ? 1u : 0)
                | (valid <= 1 ? UnderflowEnable & _control : 0)
                | (EoiCount != 0 ? NotPresentEnable & _control : 0)
                | (!_list.Any(interrupt => interrupt is { Pending: true, Active: false }) ? NoPendingEnable & _control : 0)
                | (groups & _control);
        }
    }

    /// <summary>Reads a word of the GICH frame. On a GICv3 there is none.</summary>
    public RegisterResult ReadRegister(uint offset, int width)
    {
        RegisterResult? fault = CheckAccess(offset, width);
        if (fault is not null)
        {
            return fault.Value;
        }

        return offset switch
        {
            0x00 => RegisterResult.Of(ReadControl()),
            0x04 => RegisterResult.Of(Type()),
            0x08 => RegisterResult.Of(ReadMachineControl()),
            0x10 => RegisterResult.Of(MaintenanceReasons),
            0x20 => RegisterResult.Of(Bits(interrupt => interrupt.IsEnded)),
            0x30 => RegisterResult.Of(Bits(interrupt => interrupt.IsEmpty)),
            0x24 or 0x34 => RegisterResult.Of(0),
            ActivePriorities => RegisterResult.Of(_guest.Active0.Register(0) | _guest.Active1.Register(0)),
            >= ListStart and < ListEnd when Slot(offset) < _list.Length => RegisterResult.Of(_list[Slot(offset)].EncodeV2()),
            _ => Access(offset, width).Fail(RegisterErrorKind.NoRegister),
        };
    }

    /// <summary>Writes a word of the GICH frame; as <see cref="ReadRegister"/>.</summary>
    public RegisterResult WriteRegister(uint offset, int width, uint value)
    {
        RegisterResult? fault = CheckAccess(offset, width);
        if (fault is not null)
        {
            return fault.Value;
        }

        switch (offset)
        {
            case 0x00:
                WriteControl(value, traps: 0);
                return RegisterResult.Done;
            case 0x08:
                WriteMachineControl(value);
                return RegisterResult.Done;
            case ActivePriorities:
                // One register for both groups: what is active is kept as group 0's.
                _guest.Active0.SetRegister(0, value);
                _guest.Active1.SetRegister(0, 0);
                return RegisterResult.Done;
            case >= ListStart and < ListEnd when Slot(offset) < _list.Length:
                _list[Slot(offset)] = VirtualInterrupt.DecodeV2(value);
                return RegisterResult.Done;
            case 0x04 or 0x10 or 0x20 or 0x24 or 0x30 or 0x34:
                return Access(offset, width).Fail(RegisterErrorKind.ReadOnly);
            default:
                return Access(offset, width).Fail(RegisterErrorKind.NoRegister);
        }
    }

    /// <summary>The hypervisor's MRS of an ICH register. On a GICv2 every one is UNDEFINED.</summary>
    public RegisterResult ReadSystemRegister(IchRegister register)
    {
        int index = IndexOf(register);
        return register switch
        {
            _ when !_isV3 => Undefined(register),
            IchRegister.Control => RegisterResult.Of(ReadControl()),
            IchRegister.Type => RegisterResult.Of(Type()),
            IchRegister.MachineControl => RegisterResult.Of(ReadMachineControl()),
            IchRegister.MaintenanceStatus => RegisterResult.Of(MaintenanceReasons),
            IchRegister.EndOfInterruptStatus => RegisterResult.Of(Bits(interrupt => interrupt.IsEnded)),
            IchRegister.EmptyStatus => RegisterResult.Of(Bits(interrupt => interrupt.IsEmpty)),
            IchRegister.ActivePriorities0 => RegisterResult.Of(_guest.Active0.Register(0)),
            IchRegister.ActivePriorities1 => RegisterResult.Of(_guest.Active1.Register(0)),
            _ when index >= 0 => RegisterResult.Of(_list[index].EncodeV3()),
            _ => Undefined(register),
        };
    }

    /// <summary>The hypervisor's MSR of an ICH register; as <see cref="ReadSystemRegister"/>.</summary>
    public RegisterResult WriteSystemRegister(IchRegister register, ulong value)
    {
        int index = IndexOf(register);
        switch (register)
        {
            case var _ when !_isV3:
                return Undefined(register);
            case IchRegister.Control:
                WriteControl((uint)value, HcrTraps);
                return RegisterResult.Done;
            case IchRegister.MachineControl:
                WriteMachineControl((uint)value);
                return RegisterResult.Done;
            case IchRegister.ActivePriorities0:
                _guest.Active0.SetRegister(0, (uint)value);
                return RegisterResult.Done;
            case IchRegister.ActivePriorities1:
                _guest.Active1.SetRegister(0, (uint)value);
                return RegisterResult.Done;
            case IchRegister.Type or IchRegister.MaintenanceStatus or IchRegister.EndOfInterruptStatus or IchRegister.EmptyStatus:
                return Fail(RegisterErrorKind.ReadOnly, register);
            case var _ when index >= 0:
                _list[index] = VirtualInterrupt.DecodeV3(value);
                return RegisterResult.Done;
            default:
                return Undefined(register);
        }
    }

    private uint ReadControl() => _control | (uint)EoiCount << EoiCountShift;

    private void WriteControl(uint value, uint traps)
    {
        _control = value & (HcrWritable | traps);
        EoiCount = (int)(value >> EoiCountShift);
    }

    /// <summary>VTR: list registers - 1, preemption bits - 1 and priority bits - 1.</summary>
    private uint Type() => (uint)(_list.Length - 1) | (uint)(PriorityBits - 1) << 26 | (uint)(PriorityBits - 1) << 29;

    /// <summary>VMCR: group enables, AckCtl, FIQEn, CBPR, EOImode, binary points, mask.</summary>
    private uint ReadMachineControl() =>
        (_guest.Group0Enabled ? 1u : 0) | (_guest.Group1Enabled ? 1u << 1 : 0) | (_guest.AckCtl ? 1u << 2 : 0)
        | (_guest.FiqEnabled ? 1u << 3 : 0) | (_guest.CommonBinaryPoint ? 1u << 4 : 0) | (_guest.SplitEoi ? 1u << 9 : 0)
        | (uint)_guest.BinaryPoint1 << 18 | (uint)_guest.BinaryPoint0 << 21 | (uint)_guest.PriorityMask << 24;

    /// <summary>Of the mask the implemented five bits are kept: [31:27], in both GICs.</summary>
    private void WriteMachineControl(uint value)
    {
        _guest.Group0Enabled = (value & 1) != 0;
        _guest.Group1Enabled = (value & 1 << 1) != 0;
        _guest.AckCtl = (value & 1 << 2) != 0;
        _guest.FiqEnabled = (value & 1 << 3) != 0;
        _guest.CommonBinaryPoint = (value & 1 << 4) != 0;
        _guest.SplitEoi = (value & 1 << 9) != 0;
        _guest.BinaryPoint1 = Math.Max((byte)(value >> 18 & 7), _format.MinBinaryPoint1);
        _guest.BinaryPoint0 = Math.Max((byte)(value >> 21 & 7), _format.MinBinaryPoint0);
        _guest.PriorityMask = (byte)(value >> 24 & _format.Mask);
    }

    private uint Bits(Func<VirtualInterrupt, bool> condition)
    {
        uint bits = 0;
        for (int i = 0; i < _list.Length; i++)
        {
            bits |= condition(_list[i]) ? 1u << i : 0;
        }

        return bits;
    }

    private static int Slot(uint offset) => (int)(offset - ListStart) / sizeof(uint);

    /// <summary>The list register that an encoding means, or -1.</summary>
    private int IndexOf(IchRegister register)
    {
        int index = register - IchRegister.List;
        return index >= 0 && index < _list.Length ? index : -1;
    }

    private RegisterAccess Access(uint offset, int width) => new(_cpu, GicFrame.VirtualInterface, offset, width);

    private RegisterResult? CheckAccess(uint offset, int width)
    {
        RegisterAccess access = Access(offset, width);
        if (_isV3 || offset >= FrameSize)
        {
            return access.Fail(RegisterErrorKind.OutsideFrame);
        }

        return access.IsAligned && width == sizeof(uint) ? null : access.FailWidth();
    }

    private RegisterResult Undefined(IchRegister register) => Fail(RegisterErrorKind.Undefined, register);

    private RegisterResult Fail(RegisterErrorKind kind, IchRegister register) =>
        new RegisterAccess(_cpu, GicFrame.SystemRegisters, (uint)register, 8).Fail(kind);
}
