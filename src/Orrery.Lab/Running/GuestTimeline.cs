using Orrery.Posix;
using Orrery.Simulation;
using Orrery.TimeTravel;

namespace Orrery.Lab.Running;

/// <summary>A timeline with Linux guests or outside participants: its sockets and its calendar.</summary>
internal sealed class GuestTimeline : ICalendarObserver, IDisposable
{
    /// <summary>Broadcasts of one epoch; of more the last count, as a guest keeps only the last.</summary>
    private const int BroadcastsMax = 1024;

    private readonly Dictionary<Participant, IParticipantOwner> _owners = [];
    private readonly Queue<Broadcast> _broadcasts = new();
    private readonly RunNotices _notices;

    /// <param name="timeline">The timeline.</param>
    /// <param name="options">How its calendar behaves.</param>
    /// <param name="notices">Where faults and notices go.</param>
    public GuestTimeline(Timeline timeline, CalendarOptions options, RunNotices notices)
    {
        Timeline = timeline;
        _notices = notices;
        Calendar = new Calendar(timeline, Reactor, options, this);
    }

    /// <summary>The timeline.</summary>
    public Timeline Timeline { get; }

    /// <summary>Serves all its sockets.</summary>
    public Reactor Reactor { get; } = new();

    /// <summary>Grants its participants their turns.</summary>
    public Calendar Calendar { get; }

    /// <summary>Participants have broadcast something that the other timelines have not heard.</summary>
    public bool HasBroadcasts => _broadcasts.Count > 0;

    /// <summary>Hands that over. While the simulation stands still.</summary>
    public Broadcast[] TakeBroadcasts()
    {
        Broadcast[] taken = [.. _broadcasts];
        _broadcasts.Clear();
        return taken;
    }

    /// <summary>Announces a participant of <paramref name="owner"/>.</summary>
    /// <param name="owner">The node.</param>
    /// <param name="id">How it introduces itself.</param>
    /// <param name="origin">Its place among those that run at the same instant.</param>
    /// <param name="admission">When its clock starts.</param>
    /// <param name="mayUseMemory">It may be given schedule memory.</param>
    public Participant Expect(IParticipantOwner owner, ulong id, Origin origin, SimTime admission, bool mayUseMemory)
    {
        Participant participant = Calendar.Expect(id, origin, admission, mayUseMemory);
        _owners.Add(participant, owner);
        return participant;
    }

    /// <inheritdoc/>
    public void OnAdmitted(Participant participant) => OwnerOf(participant)?.OnAdmitted();

    /// <inheritdoc/>
    public void OnLeft(Participant participant, ParticipantFault? fault)
    {
        IParticipantOwner? owner = OwnerOf(participant);
        if (owner is null)
        {
            // A stranger at the socket costs the lab nothing but a line.
            _notices.Notice($"turned away: {fault?.ToString() ?? $"{participant}, which left without a word"}");
            return;
        }

        if (fault is not null)
        {
            _notices.Fault(fault.ToString());
        }

        owner.OnLeft(fault);
    }

    /// <inheritdoc/>
    public bool OnOverdue(Participant participant, ParticipantFault fault) => true;

    /// <inheritdoc/>
    public void OnBroadcast(Participant participant, ulong payload)
    {
        if (_broadcasts.Count == BroadcastsMax)
        {
            _broadcasts.Dequeue();
        }

        _broadcasts.Enqueue(new Broadcast(Timeline.Now, participant.Origin!.Id, payload));
    }

    /// <inheritdoc/>
    public void OnNotice(string line) => _notices.Notice(line);

    /// <inheritdoc/>
    public void Dispose()
    {
        Calendar.Dispose();
        Reactor.Dispose();
    }

    private IParticipantOwner? OwnerOf(Participant participant) => _owners.GetValueOrDefault(participant);
}

/// <summary>The node behind a participant.</summary>
internal interface IParticipantOwner
{
    /// <summary>It has been admitted: its clock starts now.</summary>
    void OnAdmitted();

    /// <summary>It is gone.</summary>
    /// <param name="fault">What it did wrong; null when it closed its connection itself.</param>
    void OnLeft(ParticipantFault? fault);
}
