namespace Orrery.Simulation;

/// <summary>Why a text is not a duration.</summary>
public enum DurationError
{
    /// <summary>It is one.</summary>
    None,

    /// <summary>Nothing there.</summary>
    Empty,

    /// <summary>It does not begin with a decimal number ("fast", "-1s", "1.").</summary>
    NotANumber,

    /// <summary>A number without a unit ("5").</summary>
    MissingUnit,

    /// <summary>A unit that is not ns, us, ms, s, min or h ("5sec").</summary>
    UnknownUnit,

    /// <summary>Not a whole number of nanoseconds ("0.5ns").</summary>
    TooPrecise,

    /// <summary>2^63 - 1 ns (292 years) or more.</summary>
    TooLong,
}

/// <summary>Texts for <see cref="DurationError"/>.</summary>
public static class DurationErrors
{
    /// <summary>What was expected instead, as the second half of a message: "expected ...".</summary>
    public static string Expected(this DurationError error) => error switch
    {
        DurationError.None => "",
        DurationError.Empty or DurationError.NotANumber => "expected a duration such as 5ms or 1.5s",
        DurationError.MissingUnit => "expected a unit after the number: ns, us, ms, s, min or h",
        DurationError.UnknownUnit => "expected one of the units ns, us, ms, s, min, h",
        DurationError.TooPrecise => "expected a whole number of nanoseconds",
        DurationError.TooLong => "expected less than 2^63 ns (292 years)",
        _ => throw new ArgumentOutOfRangeException(nameof(error)),
    };
}
