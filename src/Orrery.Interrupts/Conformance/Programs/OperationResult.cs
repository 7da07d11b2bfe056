using System.Globalization;

namespace Orrery.Interrupts.Conformance.Programs;

/// <summary>How an operation ended.</summary>
public enum ResultKind : byte
{
    /// <summary>It was never reached: the machine did not get that far.</summary>
    Missing,

    /// <summary>It gave a value; writes give 0.</summary>
    Value,

    /// <summary>The guest took a synchronous exception; the value is its class (ESR_EL1.EC).</summary>
    Fault,

    /// <summary>The call failed; the value is the errno.</summary>
    Error,

    /// <summary>The guest took interrupts; the list is what each acknowledgement returned.</summary>
    Interrupts,
}

/// <summary>The result of one operation. Compared by content.</summary>
public readonly struct OperationResult : IEquatable<OperationResult>
{
    private readonly uint[]? _taken;

    private OperationResult(ResultKind kind, ulong value, uint[]? taken = null)
    {
        Kind = kind;
        Value = value;
        _taken = taken;
    }

    /// <summary>How it ended.</summary>
    public ResultKind Kind { get; }

    /// <summary>The value, exception class or errno.</summary>
    public ulong Value { get; }

    /// <summary>What was acknowledged, in order.</summary>
    public ReadOnlySpan<uint> Taken => _taken;

    public static OperationResult Missing => default;

    public static OperationResult Done => Of(0);

    public static OperationResult Of(ulong value) => new(ResultKind.Value, value);

    public static OperationResult Fault(uint exceptionClass) => new(ResultKind.Fault, exceptionClass);

    /// <summary>A failed call; <paramref name="errno"/> is positive.</summary>
    public static OperationResult Error(int errno) => new(ResultKind.Error, (ulong)errno);

    public static OperationResult Interrupts(params ReadOnlySpan<uint> taken) => new(ResultKind.Interrupts, 0, taken.ToArray());

    public bool Equals(OperationResult other) =>
        Kind == other.Kind && Value == other.Value && Taken.SequenceEqual(other.Taken);

    public override bool Equals(object? obj) => obj is OperationResult other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Kind, Value, Taken.Length);

    public static bool operator ==(OperationResult left, OperationResult right) => left.Equals(right);

    public static bool operator !=(OperationResult left, OperationResult right) => !left.Equals(right);

    /// <summary>As goldens and reports write it: <c>0x1b</c>, <c>fault 0x00</c>, <c>error 22</c>, <c>[27 27]</c>, <c>missing</c>.</summary>
    public override string ToString() => Kind switch
    {
        ResultKind.Value => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x}"),
        ResultKind.Fault => string.Create(CultureInfo.InvariantCulture, $"fault 0x{Value:x2}"),
        ResultKind.Error => string.Create(CultureInfo.InvariantCulture, $"error {Value}"),
        ResultKind.Interrupts => $"[{string.Join(' ', _taken!)}]",
        _ => "missing",
    };
}
