using Orrery.Simulation;

namespace Orrery.Lab.Running;

/// <summary>A number that a participant told everybody (um_timetravel, BROADCAST).</summary>
/// <param name="Time">When.</param>
/// <param name="Origin">The participant's place among those that run at the same instant.</param>
/// <param name="Payload">The number.</param>
internal readonly record struct Broadcast(SimTime Time, uint Origin, ulong Payload);

/// <summary>
/// Carries broadcasts from each timeline to the others. The others may stand at other times, so they hear of it at the end of the
/// epoch, where all stand at one; those of one epoch in the order of time and origin.
/// </summary>
/// <param name="hosts">The timelines, in the order of the lab file.</param>
internal sealed class BroadcastRelay(IReadOnlyCollection<GuestTimeline> hosts)
{
    /// <summary>An epoch has ended; the simulation stands still.</summary>
    public void OnEpochEnded(SimTime time)
    {
        if (!hosts.Any(host => host.HasBroadcasts))
        {
            return;
        }

        (GuestTimeline Sender, Broadcast Broadcast)[] sent = [.. hosts
            .SelectMany(host => host.TakeBroadcasts().Select(broadcast => (host, broadcast)))
            .OrderBy(sent => sent.broadcast.Time).ThenBy(sent => sent.broadcast.Origin)];
        foreach ((GuestTimeline sender, Broadcast broadcast) in sent)
        {
            foreach (GuestTimeline receiver in hosts.Where(host => host != sender))
            {
                receiver.Calendar.Broadcast(broadcast.Payload);
            }
        }
    }
}
