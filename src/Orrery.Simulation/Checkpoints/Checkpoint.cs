namespace Orrery.Simulation;

/// <summary>Turns a simulator into a <see cref="SimulationState"/> and back.</summary>
internal static class Checkpoint
{
    /// <summary>Saves; null when an event's handler has no key, with the reason in <paramref name="error"/>.</summary>
    internal static SimulationState? Save(Simulator simulator, IHandlerCatalog catalog, out string error)
    {
        error = "";
        var timelines = new List<TimelineState>();
        foreach (Timeline timeline in simulator.Timelines)
        {
            var events = new List<EventState>();
            foreach (Message pending in timeline.Queue.Pending().OrderBy(e => (e.Due, e.Rank, e.Sequence)))
            {
                uint origin = EventRank.Origin(pending.Rank);
                if (catalog.KeyOf(pending.Handler) is not { } key)
                {
                    error = $"{timeline}: an event of {simulator.Origins[(int)origin]}, due at {SimTime.FromNanoseconds(pending.Due)}, "
                        + $"cannot be saved: {pending.Handler.GetType().Name} has no key.";
                    return null;
                }

                events.Add(new EventState(pending.Due, EventRank.Priority(pending.Rank), origin, pending.Sequence, key, pending.Argument));
            }

            timelines.Add(new TimelineState(timeline.Name, timeline.EventCount, events));
        }

        return new SimulationState(
            simulator.Now.Nanoseconds,
            [.. simulator.Origins.Select(origin => new OriginState(origin.Name, origin.NextSequence, origin.NextRecordSequence))],
            timelines,
            [.. simulator.RandomStreams.Select(stream => new RandomStreamState(stream.Name, stream.State)).OrderBy(stream => stream.Name, StringComparer.Ordinal)]);
    }

    /// <summary>What is wrong with <paramref name="state"/> as one of <paramref name="simulator"/>, or null.</summary>
    internal static string? Check(SimulationState state, Simulator simulator, IHandlerCatalog catalog)
    {
        if (state.NowNanoseconds >= SimTime.MaxNanoseconds)
        {
            return $"The time {state.NowNanoseconds} is not below 2^63 - 1.";
        }

        return CheckNames("origins", state.Origins.Select(origin => origin.Name), simulator.Origins.Select(origin => origin.Name))
            ?? CheckNames("timelines", state.Timelines.Select(timeline => timeline.Name), simulator.Timelines.Select(timeline => timeline.Name))
            ?? CheckRandomStreams(state, simulator)
            ?? CheckEvents(state, simulator, catalog);
    }

    private static string? CheckNames(string what, IEnumerable<string> saved, IEnumerable<string> present)
    {
        string[] savedNames = [.. saved];
        string[] presentNames = [.. present];
        if (savedNames.Length != presentNames.Length)
        {
            return $"{savedNames.Length} {what} were saved, but there are {presentNames.Length}.";
        }

        for (int i = 0; i < savedNames.Length; i++)
        {
            if (savedNames[i] != presentNames[i])
            {
                return $"Number {i} of the {what} was saved as '{savedNames[i]}', but is '{presentNames[i]}'.";
            }
        }

        return null;
    }

    private static string? CheckRandomStreams(SimulationState state, Simulator simulator)
    {
        var names = new HashSet<string>();
        foreach (RandomStreamState stream in state.RandomStreams)
        {
            if (!names.Add(stream.Name))
            {
                return $"The random stream '{stream.Name}' was saved twice.";
            }

            if (stream.State == default)
            {
                return $"The random stream '{stream.Name}' was saved in a state that none can be in.";
            }
        }

        RandomStream? missing = simulator.RandomStreams.FirstOrDefault(stream => !names.Contains(stream.Name));
        return missing is null ? null : $"The random stream '{missing.Name}' was not saved.";
    }

    private static string? CheckEvents(SimulationState state, Simulator simulator, IHandlerCatalog catalog)
    {
        var seen = new HashSet<(uint Origin, ulong Sequence)>();
        var counts = new Dictionary<string, int>();
        foreach ((TimelineState timeline, Timeline present) in state.Timelines.Zip(simulator.Timelines))
        {
            foreach (EventState saved in timeline.Events)
            {
                string? problem = saved switch
                {
                    _ when saved.DueNanoseconds < state.NowNanoseconds => "is due in the past",
                    _ when saved.DueNanoseconds > SimTime.MaxNanoseconds => "is due after the end of time",
                    _ when !Enum.IsDefined(saved.Priority) => "has no such priority",
                    _ when saved.Origin >= (uint)state.Origins.Count => "has no such origin",
                    _ when saved.Sequence >= state.Origins[(int)saved.Origin].NextSequence => "has a number that its origin has not reached",
                    _ when !seen.Add((saved.Origin, saved.Sequence)) => "has the number of another event",
                    _ when catalog.HandlerOf(saved.Handler) is null => "has no such handler",
                    _ => CheckPlace(saved, present, catalog.PlaceOf(saved.Handler), counts),
                };
                if (problem is not null)
                {
                    return $"Timeline {timeline.Name}: {saved} {problem}.";
                }
            }
        }

        return null;
    }

    private static string? CheckPlace(EventState saved, Timeline timeline, HandlerPlace? place, Dictionary<string, int> counts)
    {
        if (place is null)
        {
            return null;
        }

        int count = counts.GetValueOrDefault(saved.Handler) + 1;
        counts[saved.Handler] = count;
        return timeline != place.Timeline ? $"is not on {place.Timeline}, where its handler is"
            : saved.Priority != place.Priority ? $"has not the priority {place.Priority} of its handler's events"
            : saved.Origin != place.Origin.Id ? $"has not the origin {place.Origin} of its handler's events"
            : count > place.CountMax ? $"is one more than the {place.CountMax} that its handler can have now"
            : null;
    }
}
