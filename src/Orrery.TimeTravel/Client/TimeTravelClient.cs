using System.Diagnostics.CodeAnalysis;
using Orrery.Posix;
using Orrery.Simulation;

namespace Orrery.TimeTravel;

/// <summary>
/// A participant's side of um_timetravel, with messages and with schedule memory, against any calendar. It lives on one
/// thread: the calls below block while others have the turn, and serve the <see cref="Reactor"/> meanwhile. See
/// docs/participant.md.
/// </summary>
/// <remarks>
/// Nothing throws on what a calendar does: a call that fails returns false, <see cref="Fault"/> says why, and every later call
/// fails, too.
/// <para>
/// One request is outstanding at a time, and only the calendar's socket is read until it is acknowledged; so handlers
/// of other descriptors never run in the middle of an exchange (hazards P1, P2, P5 and P6 of the protocol).
/// </para>
/// </remarks>
public sealed partial class TimeTravelClient : IReadinessHandler, IDisposable
{
    /// <summary>
    /// The calendar's urgency in the <see cref="Reactor"/>: others go first, so that what a guest sent before it gave its turn back is
    /// seen before the turn that follows.
    /// </summary>
    public const int Urgency = 100;

    private readonly MessageStream _stream;
    private readonly ClientOptions _options;
    private readonly bool _ownsReactor;
    private AttachedMemory? _memory;
    private int _reactorToken = -1;

    private TimeTravelClient(FileDescriptor socket, ClientOptions options)
    {
        _stream = new MessageStream(socket);
        _options = options;
        _ownsReactor = options.Reactor is null;
        Reactor = options.Reactor ?? new Reactor();
    }

    /// <summary>Its own time, which began at 0 when it was admitted.</summary>
    public SimTime Now { get; private set; }

    /// <summary>Whether it has the turn. It has it when it is admitted, until the first <see cref="WaitUntilRun"/>.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Whether the calendar's schedule memory is used.</summary>
    public bool UsesMemory => _memory is not null;

    /// <summary>Where other descriptors are served while it waits.</summary>
    public Reactor Reactor { get; }

    /// <summary>What the calendar did wrong, once a call has failed.</summary>
    public CalendarFault? Fault { get; private set; }

    /// <summary>While it has the turn, it may move to any time before this one without asking.</summary>
    public SimTime FreeUntil => SimTime.FromNanoseconds(_memory?.FreeUntil ?? _freeUntil);

    /// <summary>The time it has asked for and not got; <see cref="SimTime.Never"/> for none.</summary>
    public SimTime Request { get; private set; } = SimTime.Never;

    /// <summary>Connects, and waits until the calendar admits it: then it has its first turn.</summary>
    /// <param name="path">The calendar's socket.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="fault">Why not, when null is returned.</param>
    public static TimeTravelClient? Connect(string path, ClientOptions options, [NotNullWhen(false)] out CalendarFault? fault)
    {
        FileDescriptor? socket = UnixSocket.Connect(path, out int error);
        if (socket is not null)
        {
            return Start(socket, options, out fault);
        }

        fault = new CalendarFault(CalendarRule.Listens, $"cannot be reached at {path}: {Errno.Describe(error)}");
        return null;
    }

    /// <summary>As <see cref="Connect"/>, on a connection that exists.</summary>
    /// <param name="socket">The connection; taken over.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="fault">Why not, when null is returned.</param>
    public static TimeTravelClient? Start(FileDescriptor socket, ClientOptions options, [NotNullWhen(false)] out CalendarFault? fault)
    {
        var client = new TimeTravelClient(socket, options);
        if (client.Start())
        {
            fault = null;
            return client;
        }

        fault = client.Fault!;
        client.Dispose();
        return null;
    }

    /// <summary>Leaves the simulation; everybody else goes on.</summary>
    public void Dispose()
    {
        Close();
        if (_ownsReactor)
        {
            Reactor.Dispose();
        }
    }

    private void Close()
    {
        if (_reactorToken >= 0)
        {
            Reactor.Remove(_reactorToken);
            _reactorToken = -1;
        }

        IsRunning = false;
        _stream.Dispose();
        _memory?.Dispose();
        _memory = null;
    }

    private bool Fail(CalendarRule rule, string what)
    {
        if (Fault is null)
        {
            Fault = new CalendarFault(rule, what);
            Close();
        }

        return false;
    }
}
