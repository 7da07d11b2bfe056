namespace Orrery.Simulation;

/// <summary>Shortest paths between the timelines of a group (Dijkstra, once to every timeline), in nanoseconds.</summary>
internal sealed class Distances
{
    private readonly int _count;
    private readonly ulong[] _matrix; // row: to, column: from

    /// <param name="count">How many timelines there are.</param>
    /// <param name="entering">The channels into each.</param>
    internal Distances(int count, Channel[][] entering)
    {
        _count = count;
        _matrix = new ulong[checked(count * count)];
        Array.Fill(_matrix, SimTime.MaxNanoseconds);
        var reached = new PriorityQueue<int, ulong>();
        for (int to = 0; to < count; to++)
        {
            // The goal itself counts as not reached: the first way back to it is the round trip.
            Span<ulong> row = _matrix.AsSpan(to * count, count);
            Extend(to, 0, row, entering, reached);
            while (reached.TryDequeue(out int via, out ulong distance))
            {
                if (distance == row[via]) // no shorter way was found since
                {
                    Extend(via, distance, row, entering, reached);
                }
            }
        }
    }

    /// <summary>
    /// The distance from each timeline to <paramref name="to"/>; in its own place the shortest round trip.
    /// <see cref="SimTime.MaxNanoseconds"/> where there is no way.
    /// </summary>
    internal ReadOnlySpan<ulong> To(int to) => _matrix.AsSpan(to * _count, _count);

    private static void Extend(int via, ulong distance, Span<ulong> row, Channel[][] entering, PriorityQueue<int, ulong> reached)
    {
        foreach (Channel channel in entering[via])
        {
            int from = channel.From.GroupIndex;
            ulong farther = Math.Min(distance + channel.Lookahead.Nanoseconds, SimTime.MaxNanoseconds);
            if (farther < row[from])
            {
                row[from] = farther;
                reached.Enqueue(from, farther);
            }
        }
    }
}
