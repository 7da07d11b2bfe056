using Orrery.TimeTravel;
using Orrery.Virtio;

namespace Orrery.Lab.Running;

/// <summary>A participant of a calendar, as its devices see it.</summary>
public sealed class ParticipantClock : IGuestClock
{
    private Participant? _participant;

    /// <summary>Whose clock it is; null before <see cref="Attach"/>.</summary>
    public Participant? Participant => _participant;

    /// <inheritdoc/>
    public bool IsRunning => _participant?.IsRunning == true;

    /// <summary>Whose clock it is; known before the guest starts.</summary>
    public void Attach(Participant participant) => _participant = participant;

    /// <inheritdoc/>
    public bool Synchronize() => _participant!.Synchronize();

    /// <inheritdoc/>
    public void BeginInterrupt() => _participant!.BeginInterrupt();

    /// <inheritdoc/>
    public void EndInterrupt() => _participant!.EndInterrupt();
}
