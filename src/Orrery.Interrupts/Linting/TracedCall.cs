namespace Orrery.Interrupts.Linting;

/// <summary>One ioctl of a VMM, as a trace shows it.</summary>
/// <param name="Line">Its line.</param>
/// <param name="Descriptor">The descriptor it was made on.</param>
/// <param name="Request">The name of the request, such as KVM_SET_ONE_REG.</param>
/// <param name="Argument">The third argument, where it is a plain number.</param>
/// <param name="Fields">The fields of the structure it points to, where the trace shows them.</param>
/// <param name="Result">What it returned; negative when it failed.</param>
public sealed record TracedCall(
    int Line, int Descriptor, string Request, ulong? Argument, IReadOnlyDictionary<string, ulong> Fields, long Result);
