namespace Orrery.Interrupts.Gic.Snapshots;

/// <summary>Why a snapshot was refused, and where.</summary>
/// <param name="Place">The attribute, the field, or the place in a text.</param>
/// <param name="Problem">What was found and what was expected.</param>
public sealed record SnapshotError(string Place, string Problem)
{
    /// <summary>One line.</summary>
    public override string ToString() => $"{Place}: {Problem}";
}

/// <summary>A value, or why there is none.</summary>
/// <typeparam name="T">What was asked for.</typeparam>
public sealed record SnapshotResult<T>
    where T : class
{
    private SnapshotResult(T? value, SnapshotError? error)
    {
        Value = value;
        Error = error;
    }

    /// <summary>The value; null exactly when there is an error.</summary>
    public T? Value { get; }

    /// <summary>The error; null exactly when there is a value.</summary>
    public SnapshotError? Error { get; }

    /// <summary>A value.</summary>
    internal static SnapshotResult<T> Of(T value) => new(value, null);

    /// <summary>No value.</summary>
    internal static SnapshotResult<T> Failed(string place, string problem) => new(null, new SnapshotError(place, problem));
}
