using Orrery.Lab.Files;
using Orrery.Lab.Guests;
using Orrery.Network;
using Orrery.Posix;
using Orrery.Simulation;
using Orrery.Virtio;

namespace Orrery.Lab.Running;

/// <summary>
/// A node whose process the lab starts and ends, with the two consoles that carry what its commands write and what it says
/// about them.
/// </summary>
internal abstract class ProcessNodeRun : ParticipantNodeRun, IEventHandler
{
    /// <summary>Names of the consoles' sockets in the node's folder.</summary>
    protected const string OutputSocket = "out", ControlSocket = "control";

    /// <summary>
    /// How long a process that has closed its connection may take to end. It decides how the node ended, so that only one
    /// that goes on without its connection takes that long, and none on a busy host.
    /// </summary>
    protected const int ExitWaitMilliseconds = 60_000;

    private readonly SimTime _start;

    /// <inheritdoc cref="ParticipantNodeRun(NodeDefinition, GuestTimeline, Origin, IReadOnlyList{Port}, RunNotices)"/>
    protected ProcessNodeRun(
        NodeDefinition definition, GuestTimeline host, Origin origin, IReadOnlyList<Port> ports, RunNotices notices)
        : base(definition, host, origin, ports, notices)
    {
        _start = definition.Start;
        AddDevice(OutputSocket, new VirtioConsoleDevice(new RecordedConsole(this)));
        AddDevice(ControlSocket, new VirtioConsoleDevice(new GuestControl(OnControl)));
    }

    /// <summary>The processor its process is started on; null leaves that to the host.</summary>
    protected int? Processor { get; private set; }

    /// <summary>The process, if it runs; else 0.</summary>
    protected abstract int ProcessId { get; }

    /// <summary>
    /// Puts its process, and all that this has started, on a processor: that of the worker that waits for it. While the
    /// simulation stands still.
    /// </summary>
    public void MoveTo(int processor)
    {
        if (processor == Processor)
        {
            return;
        }

        Processor = processor;
        if (ProcessId > 0)
        {
            Affinity.PinTree(ProcessId, processor);
        }
    }

    /// <summary>Starts what belongs to the lab from its beginning; what joins late starts by itself.</summary>
    public bool TryStartNow(out string error)
    {
        error = "";
        return _start > SimTime.Zero || TryLaunch(out error);
    }

    void IEventHandler.Handle(Timeline timeline, ulong argument)
    {
        if (!TryLaunch(out string error))
        {
            // The calendar will wait for it in vain and say so; this says why.
            Notices.Fault(error);
        }
    }

    /// <inheritdoc/>
    protected override bool TryServe(Func<string, string> pathOf, out string error)
    {
        if (!base.TryServe(pathOf, out error))
        {
            return false;
        }

        if (_start > SimTime.Zero)
        {
            // Before the calendar waits for it at the same instant.
            Timeline.Schedule(_start, EventPriority.Devices, Origin, this);
        }

        return true;
    }

    /// <summary>Starts the process.</summary>
    protected abstract bool TryLaunch(out string error);

    private void OnControl(GuestMessage message)
    {
        switch (message.Kind)
        {
            case GuestMessageKind.Ready when State == NodeState.Booting:
                Ready();
                break;
            case GuestMessageKind.Done when Runs && !HasEnded:
                Exited(message.Status);
                break;
            case GuestMessageKind.Failed when !HasEnded:
                Notices.Fault($"node {Name}: {message.Text}");
                Failed();
                break;
        }
    }

    /// <summary>What the node's commands write, as records.</summary>
    private sealed class RecordedConsole(RunningNode node) : IConsoleBackend
    {
        public void Write(ReadOnlySpan<byte> bytes) => node.Timeline.Record(node.Origin, RecordKind.Console, bytes);
    }
}
