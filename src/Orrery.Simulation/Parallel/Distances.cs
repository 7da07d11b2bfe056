namespace Orrery.Simulation;

/// <summary>Shortest paths between the timelines of a group (Dijkstra, once from every timeline).</summary>
internal static class Distances
{
    /// <summary>
    /// The matrix of shortest distances in nanoseconds, [to * n + from]; on the diagonal the shortest round trips.
    /// <see cref="SimTime.MaxNanoseconds"/> where there is no way.
    /// </summary>
    internal static ulong[] Compute(Timeline[] members, List<Channel> channels)
    {
        int count = members.Length;
        ILookup<int, Channel> leaving = channels.ToLookup(c => c.From.GroupIndex);
        var matrix = new ulong[(long)count * count];
        Array.Fill(matrix, SimTime.MaxNanoseconds);
        var reached = new PriorityQueue<int, ulong>();
        for (int from = 0; from < count; from++)
        {
            // The start itself is not reached yet: the first way back to it is the round trip.
            reached.Enqueue(from, 0);
            bool isStart = true;
            while (reached.TryDequeue(out int via, out ulong distance))
            {
                if (!isStart && distance > matrix[(via * count) + from])
                {
                    continue; // a shorter way was found since
                }

                isStart = false;
                foreach (Channel channel in leaving[via])
                {
                    int to = channel.To.GroupIndex;
                    ulong farther = Math.Min(distance + channel.Lookahead.Nanoseconds, SimTime.MaxNanoseconds);
                    if (farther < matrix[(to * count) + from])
                    {
                        matrix[(to * count) + from] = farther;
                        reached.Enqueue(to, farther);
                    }
                }
            }
        }

        return matrix;
    }
}
