namespace Orrery.Interrupts.Gic;

/// <summary>Why a register access has no effect. On hardware some of these are external aborts; which, is the machine's choice.</summary>
public enum RegisterErrorKind : byte
{
    /// <summary>The access took place.</summary>
    None,

    /// <summary>This GIC has no such frame, or the offset lies outside it.</summary>
    OutsideFrame,

    /// <summary>No register of the tables lies here (architecturally reserved, RAZ/WI).</summary>
    NoRegister,

    /// <summary>The offset is not a multiple of the width.</summary>
    Misaligned,

    /// <summary>The register does not allow this width.</summary>
    WrongWidth,

    /// <summary>The register is write-only.</summary>
    WriteOnly,

    /// <summary>The register is read-only.</summary>
    ReadOnly,

    /// <summary>The GIC has no such CPU.</summary>
    NoSuchCpu,

    /// <summary>The system register does not exist here: the instruction is UNDEFINED.</summary>
    Undefined,
}

/// <summary>What went wrong with a register access, and where.</summary>
/// <param name="Kind">What.</param>
/// <param name="Frame">The frame.</param>
/// <param name="Offset">Bytes from the start of the frame, or the encoding of a system register.</param>
/// <param name="Width">Bytes.</param>
/// <param name="Cpu">The CPU that accessed, or whose redistributor it is.</param>
public readonly record struct RegisterError(RegisterErrorKind Kind, GicFrame Frame, byte Width, short Cpu, uint Offset)
{
    /// <summary>One line: where, what, and what was expected.</summary>
    public override string ToString()
    {
        if (Kind == RegisterErrorKind.None)
        {
            return "no error";
        }

        string place = Frame == GicFrame.SystemRegisters
            ? $"system register 0x{Offset:X4}, cpu {Cpu}"
            : $"{Frame.ShortName()}+0x{Offset:X4}, {Width} bytes, cpu {Cpu}";
        return $"{place}: " + Kind switch
        {
            RegisterErrorKind.OutsideFrame => "outside the frames of this controller",
            RegisterErrorKind.NoRegister => "no register here",
            RegisterErrorKind.Misaligned => "the offset is not a multiple of the width",
            RegisterErrorKind.WrongWidth => "the register does not allow this width",
            RegisterErrorKind.WriteOnly => "the register is write-only",
            RegisterErrorKind.ReadOnly => "the register is read-only",
            RegisterErrorKind.NoSuchCpu => "there is no such CPU",
            _ => "undefined instruction",
        };
    }
}

/// <summary>The outcome of a register access: a value (0 for a write) or an error with its place.</summary>
/// <remarks>Two words, so that it is returned in registers: of all structures the accesses pass this one most.</remarks>
public readonly struct RegisterResult
{
    // An error as one word: [3:0] kind, [7:4] frame, [15:8] width, [31:16] CPU, [63:32] offset. 0 is none.
    private readonly ulong _error;

    private RegisterResult(ulong value, ulong error)
    {
        Value = value;
        _error = error;
    }

    /// <summary>The value read; 0 for a write, and for an access that failed (what a guest sees of a reserved register).</summary>
    public ulong Value { get; }

    /// <summary>What went wrong, if anything.</summary>
    public RegisterError Error => IsOk
        ? default
        : new RegisterError(
            (RegisterErrorKind)(_error & 0xF), (GicFrame)(_error >> 4 & 0xF), (byte)(_error >> 8), (short)(_error >> 16), (uint)(_error >> 32));

    /// <summary>Whether the access took place.</summary>
    public bool IsOk => _error == 0;

    /// <summary>A write that took place.</summary>
    public static RegisterResult Done => default;

    /// <summary>A value read.</summary>
    public static RegisterResult Of(ulong value) => new(value, 0);

    /// <summary>An access that did not take place.</summary>
    public static RegisterResult Failed(RegisterError error) => new(
        0,
        (ulong)error.Kind | (ulong)error.Frame << 4 | (ulong)error.Width << 8 | (ulong)(ushort)error.Cpu << 16 | (ulong)error.Offset << 32);
}
