using System.Text;
using Orrery.Lab.Files;
using Orrery.Network;
using Orrery.Posix;
using Orrery.Simulation;

namespace Orrery.Lab.Running;

/// <summary>
/// Somebody else's simulator in a running lab (<c>kind: external</c>). Nobody starts it here: the lab waits for it at sockets
/// in the run folder, and it goes when it likes. See docs/participant.md.
/// </summary>
internal sealed class ExternalNodeRun : ParticipantNodeRun, IReadinessHandler
{
    private readonly NodeDefinition _definition;
    private readonly string _folder;
    private readonly FileDescriptor _end = FileDescriptor.CreateEvent();
    private readonly int _endToken;

    /// <param name="definition">The node in the lab file.</param>
    /// <param name="host">The timeline it lives on, with its calendar.</param>
    /// <param name="origin">The source of its records and events.</param>
    /// <param name="ports">Its interfaces' ports, in order.</param>
    /// <param name="notices">Where faults go.</param>
    /// <param name="folder">For its sockets; exists, and is removed by who made it.</param>
    public ExternalNodeRun(
        ExternalNode definition, GuestTimeline host, Origin origin, IReadOnlyList<Port> ports, RunNotices notices, string folder)
        : base(definition, host, origin, ports, notices)
    {
        _definition = definition;
        _folder = folder;
        _endToken = host.Reactor.Add(_end, this, 0);
    }

    /// <summary>Makes the sockets that the simulator will connect to, and says where they are.</summary>
    public bool TryPrepare(out string error)
    {
        if (Encoding.UTF8.GetByteCount(PathOf(CalendarSocket)) > UnixSocket.PathBytesMax)
        {
            error = $"node {Name}: {PathOf(CalendarSocket)} is longer than a socket's path may be: choose a shorter run folder with --out";
            return false;
        }

        if (!TryServe(PathOf, out error))
        {
            return false;
        }

        string cards = string.Concat(_definition.Interfaces.Select(ethernet => $", {ethernet.Name} ({ethernet.Mac}) at {Devices[ethernet.Index].Socket}"));
        Notices.Notice($"node {Name} is awaited: a simulator with identification {Id} at {PathOf(CalendarSocket)}{cards}");
        return true;
    }

    /// <inheritdoc/>
    public override void OnAdmitted()
    {
        base.OnAdmitted();
        Ready(); // it says nothing about itself
    }

    /// <summary>The run has ended while the calendar waits for it.</summary>
    public void OnReadable()
    {
        _end.Read(new byte[sizeof(ulong)]);
        Host.Calendar.Dismiss(Participant!);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        Host.Reactor.Remove(_endToken);
        _end.Dispose();
    }

    /// <inheritdoc/>
    protected override string? DescribeCrash() => null;

    /// <inheritdoc/>
    protected override void End() => _end.Write(BitConverter.GetBytes(1UL));

    private string PathOf(string socket) => Path.Combine(_folder, socket);
}
