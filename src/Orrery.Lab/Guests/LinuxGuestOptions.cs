using Orrery.Lab.Guests.Image;
using Orrery.Posix;

namespace Orrery.Lab.Guests;

/// <summary>A Linux guest to be started.</summary>
public sealed record LinuxGuestOptions
{
    /// <summary>What a log may hold unless something else is said.</summary>
    public const long DefaultLogBytesMax = 64 << 20;

    /// <summary>The node's name: letters, digits, <c>-</c>, <c>_</c> and <c>.</c> (it is part of the command line).</summary>
    public required string Name { get; init; }

    /// <summary>The User-Mode Linux kernel: a file for x86-64.</summary>
    public required string Kernel { get; init; }

    /// <summary>What the node becomes when it has booted.</summary>
    public required GuestSetup Setup { get; init; }

    /// <summary>Its memory.</summary>
    public ulong MemoryBytes { get; init; } = 64 << 20;

    /// <summary>Who holds its clock.</summary>
    public required GuestClock Clock { get; init; }

    /// <summary>Its virtio devices, in the order in which the kernel finds them.</summary>
    public IReadOnlyList<GuestDevice> Devices { get; init; } = [];

    /// <summary>Its serial lines: the first is <c>ttyS0</c>.</summary>
    public IReadOnlyList<SerialLine> SerialLines { get; init; } = [];

    /// <summary>More words of the kernel's command line. They must not name anything that differs from folder to folder.</summary>
    public IReadOnlyList<string> KernelArguments { get; init; } = [];

    /// <summary>The lab's seed; with <see cref="Name"/> it decides the guest's random bytes.</summary>
    public ulong Seed { get; init; }

    /// <summary>Where the kernel's messages are written; null keeps them out of files.</summary>
    public string? ConsoleLog { get; init; }

    /// <summary>Where the kernel process's standard error is written; null keeps it out of files.</summary>
    public string? ErrorLog { get; init; }

    /// <summary>How much each log may hold. What comes after that is counted and dropped.</summary>
    public long LogBytesMax { get; init; } = DefaultLogBytesMax;

    /// <summary>Who is told what the guest prints and when it ends; may be null.</summary>
    public IGuestObserver? Observer { get; init; }
}

/// <summary>A virtio device of a guest.</summary>
/// <param name="Socket">The vhost-user socket's name inside the guest's folder: no slash, no colon.</param>
/// <param name="DeviceType">The device type (VIRTIO 1.2, section 5): 1 for a network card, 3 for a console.</param>
public sealed record GuestDevice(string Socket, int DeviceType);

/// <summary>Who holds a guest's clock (docs/guests.md).</summary>
public sealed class GuestClock
{
    private GuestClock(params string[] arguments) => Arguments = arguments;

    /// <summary>The words of the command line.</summary>
    internal IReadOnlyList<string> Arguments { get; }

    /// <summary>A calendar, which also tells the guest the date.</summary>
    /// <param name="id">How the guest introduces itself: the node's position in the lab file, never chance.</param>
    /// <param name="socket">The calendar's socket inside the guest's folder.</param>
    public static GuestClock Calendar(ulong id, string socket) => new($"time-travel=ext:{id}:{socket}");

    /// <summary>Nobody: computing takes no simulated time, waiting is skipped.</summary>
    /// <param name="startUnixNs">The guest's wall clock at its start, in nanoseconds since 1970.</param>
    public static GuestClock Alone(ulong startUnixNs) => new("time-travel=inf-cpu", $"time-travel-start={startUnixNs}");
}

/// <summary>A serial line of a guest (spec: docs/guests.md, "Serial lines").</summary>
/// <param name="Input">The guest's end of what is typed; it must be a description of its own, not shared with the output.</param>
/// <param name="Output">The guest's end of what it prints.</param>
/// <param name="Acknowledge">
/// Where the guest says how many bytes it has taken; null on a kernel without acknowledged lines, whose input then arrives
/// at no certain simulated time.
/// </param>
public sealed record SerialLine(FileDescriptor Input, FileDescriptor Output, FileDescriptor? Acknowledge);

/// <summary>Told what a guest prints and when it ends, on the monitor's thread. Must not wait.</summary>
public interface IGuestObserver
{
    /// <summary>Bytes of the kernel's console. Where one call ends and the next begins means nothing.</summary>
    void OnConsole(ReadOnlySpan<byte> bytes);

    /// <summary>Bytes of the kernel process's standard error; they depend on the host.</summary>
    void OnErrors(ReadOnlySpan<byte> bytes);

    /// <summary>The guest has ended; nothing follows.</summary>
    void OnExit(ExitStatus status);
}
