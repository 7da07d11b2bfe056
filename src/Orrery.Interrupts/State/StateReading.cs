namespace Orrery.Interrupts.State;

/// <summary>
/// The answer to one question about an interrupt: a value or an error, never neither. (The kernel's getter returns a
/// status and writes through a pointer, and some chips return 0 without writing: scenario X11.)
/// </summary>
public readonly record struct StateReading
{
    private readonly bool _value;

    private StateReading(bool value, ChipError error)
    {
        _value = value;
        Error = error;
    }

    /// <summary>Why there is no value; <see cref="ChipError.None"/> when there is one.</summary>
    public ChipError Error { get; }

    /// <summary>Whether there is a value.</summary>
    public bool HasValue => Error == ChipError.None;

    /// <summary>The value, or null when there is an error.</summary>
    public bool? Value => HasValue ? _value : null;

    /// <summary>An answer.</summary>
    public static StateReading Of(bool value) => new(value, ChipError.None);

    /// <summary>No answer. <paramref name="error"/> is not <see cref="ChipError.None"/>.</summary>
    public static StateReading Failed(ChipError error) =>
        error == ChipError.None
            ? throw new ArgumentException("A failed reading needs its error.", nameof(error))
            : new(false, error);

    /// <summary>The value in <paramref name="value"/> and true; or false, and no value.</summary>
    public bool TryGet(out bool value)
    {
        value = _value;
        return HasValue;
    }
}
