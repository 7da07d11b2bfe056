namespace Orrery.Interrupts.Gic;

/// <summary>One memory-mapped access, while it is decoded.</summary>
/// <param name="Cpu">The CPU that accesses, or whose redistributor it is.</param>
/// <param name="Frame">The frame.</param>
/// <param name="Offset">Bytes from the start of the frame.</param>
/// <param name="Width">Bytes: 1, 2, 4 or 8.</param>
internal readonly record struct RegisterAccess(int Cpu, GicFrame Frame, uint Offset, int Width)
{
    public bool IsAligned => Width is 1 or 2 or 4 or 8 && (Offset & ((uint)Width - 1)) == 0;

    public RegisterResult Fail(RegisterErrorKind kind) =>
        RegisterResult.Failed(new RegisterError(kind, Frame, (byte)Math.Clamp(Width, 0, 255), (short)Math.Clamp(Cpu, -1, short.MaxValue), Offset));

    /// <summary>The error of a misaligned access, or of one whose width the register does not allow.</summary>
    public RegisterResult FailWidth() => Fail(IsAligned ? RegisterErrorKind.WrongWidth : RegisterErrorKind.Misaligned);
}
