namespace Orrery.Posix;

/// <summary>What a new process is given; it inherits nothing that is not named here.</summary>
public sealed record SpawnOptions
{
    /// <summary>The program's file, relative to <see cref="WorkingDirectory"/> or absolute. The search path is not used.</summary>
    public required string File { get; init; }

    /// <summary>The argument vector, the program's own name first.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The environment as <c>NAME=value</c>, in this order.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Where it starts.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Its open descriptors: the first becomes 0, the second 1, and so on. Every other one is closed.</summary>
    public required IReadOnlyList<FileDescriptor> Descriptors { get; init; }

    /// <summary>
    /// It begins a process group, so that it and all it starts can be ended at once, and a terminal's signals do not reach it.
    /// </summary>
    public bool OwnGroup { get; init; }
}
