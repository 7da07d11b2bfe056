namespace Orrery.Simulation;

/// <summary>
/// The way from one timeline to another. Nothing sent over it is due earlier than its lookahead after the sender's time;
/// that promise is what lets timelines run at once.
/// </summary>
public sealed class Channel
{
    internal Channel(Timeline from, Timeline to, SimDuration lookahead)
    {
        From = from;
        To = to;
        Lookahead = lookahead;
    }

    /// <summary>The sending timeline.</summary>
    public Timeline From { get; }

    /// <summary>The receiving timeline.</summary>
    public Timeline To { get; }

    /// <summary>The smallest delay of anything sent over the channel.</summary>
    public SimDuration Lookahead { get; internal set; }

    /// <summary>For how long, of real time, workers stood idle because this lookahead is not longer.</summary>
    public TimeSpan HeldBack { get; internal set; }

    /// <summary>
    /// Schedules an event on <see cref="To"/>, caused by <paramref name="origin"/> of <see cref="From"/>. Called on the
    /// sender's thread.
    /// </summary>
    /// <param name="due">At least <see cref="Lookahead"/> after the sender's <see cref="Timeline.Now"/>.</param>
    /// <param name="priority">Its place among the events of one instant.</param>
    /// <param name="origin">Who causes it; it numbers the event.</param>
    /// <param name="handler">Who is called, on the receiver's thread.</param>
    /// <param name="argument">Handed to <paramref name="handler"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">It would be due too early.</exception>
    public void Post(SimTime due, EventPriority priority, Origin origin, IEventHandler handler, ulong argument = 0)
    {
        if (due < From.Now + Lookahead)
        {
            throw new ArgumentOutOfRangeException(
                nameof(due), $"{From} at {From.Now} sends to {To} for {due}: earlier than the lookahead of {Lookahead}.");
        }

        if (From == To)
        {
            To.Schedule(due, priority, origin, handler, argument);
            return;
        }

        var message = new Message(due.Nanoseconds, EventRank.Of(priority, origin.Id), origin.NextSequence++, handler, argument);
        if (From.Simulator.StandsStill)
        {
            To.Receive(in message);
        }
        else
        {
            From.Share!.Send(To, in message);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{From} to {To}";
}

/// <summary>An event on its way to another timeline.</summary>
internal readonly record struct Message(ulong Due, uint Rank, ulong Sequence, IEventHandler Handler, ulong Argument)
{
    /// <summary>The message at a wrong place: see <see cref="Worker.IsDisorderly"/>.</summary>
    internal Message Disordered() =>
        this with { Rank = EventRank.Of(EventRank.Priority(Rank), EventRank.OriginMax - EventRank.Origin(Rank)) };
}
