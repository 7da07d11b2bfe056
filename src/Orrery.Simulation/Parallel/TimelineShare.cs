using System.Numerics;
using System.Runtime.InteropServices;

namespace Orrery.Simulation;

/// <summary>
/// The timelines of a group that one worker runs, in windows: each up to where no other timeline can reach it
/// (docs/architecture.md, "Timelines").
/// </summary>
/// <remarks>
/// Of its own timelines a share knows the exact times, of the others what they told last
/// (<see cref="Exchange"/>). Times only grow, but for what the share itself sends, so old knowledge is safe: it can only make
/// a window shorter. The earliest timeline of a group can always run, as every distance is above zero.
/// </remarks>
internal sealed partial class TimelineShare
{
    private const int None = -1;

    private readonly TimelineGroup _group;
    private readonly Worker _worker;
    private readonly int _first; // member
    private readonly int _count;
    private readonly ulong[] _known; // by member: the earliest time at which it may still do something
    private readonly int[] _blockers; // by own timeline: the member that kept it from running last
    private int _running = None; // member

    internal TimelineShare(TimelineGroup group, Worker worker, int first, int count)
    {
        _group = group;
        _worker = worker;
        _first = first;
        _count = count;
        _known = new ulong[group.Members.Length];
        _blockers = new int[count];
        foreach (Timeline timeline in Own)
        {
            timeline.Share = this;
        }
    }

    /// <summary>Windows it has run in this epoch.</summary>
    internal int WindowCount { get; private set; }

    internal TimelineGroup Group => _group;

    internal Worker Worker => _worker;

    internal bool IsFinished => _group.IsFinished;

    private ReadOnlySpan<Timeline> Own => _group.Members.AsSpan(_first, _count);

    private bool IsAlone => _group.Shares.Length == 1;

    internal void BeginEpoch()
    {
        _group.Published.CopyTo(_known, 0);
        Array.Fill(_blockers, None);
        _blamed = null;
        WindowCount = 0;
        Volatile.Write(ref _attentionAt, ulong.MaxValue);
    }

    /// <summary>Runs windows for as long as there is one to run.</summary>
    /// <returns>True when the group is finished; false when the share waits for others, which will wake its worker.</returns>
    internal bool Run()
    {
        Interlocked.MemoryBarrier(); // a stop that came before BeginEpoch is seen here, a later one in AttentionAt
        while (!_worker.StopsNow)
        {
            if (TryPick(out int member, out ulong limit))
            {
                RunWindow(member, limit);
            }
            else if (IsAlone)
            {
                _group.IsFinished = true;
                return true;
            }
            else if (!Exchange(willWait: true))
            {
                return _group.IsFinished;
            }
        }

        return false;
    }

    /// <summary>Takes an event from one of the share's timelines to another timeline of the group.</summary>
    internal void Send(Timeline to, in Message message)
    {
        if (to.Share == this)
        {
            to.Receive(in message);
        }
        else
        {
            _outgoing.Add(new Mail(to, message));
            HastenFor(to, message.Due);
        }

        ref ulong known = ref _known[to.GroupIndex];
        known = Math.Min(known, message.Due);
    }

    private void RunWindow(int member, ulong limit)
    {
        Timeline timeline = _group.Members[member];
        _running = member;
        WindowCount++;
        try
        {
            timeline.RunWindow(limit, this);
        }
#pragma warning disable CA1031 // whatever a handler throws ends the run, with the timeline's name
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _worker.Fail(new TimelineFailure(timeline, timeline.Now, exception));
        }

        _running = None;
        _known[member] = timeline.Queue.NextNanoseconds;
        if (!IsAlone)
        {
            AfterWindow();
        }
    }

    /// <summary>Finds the earliest timeline that can run, and how far.</summary>
    /// <returns>False when none can: the share is finished or blocked.</returns>
    private bool TryPick(out int member, out ulong limit)
    {
        ReadOnlySpan<ulong> own = _known.AsSpan(_first, _count);
        ulong earliest = Min(own);
        if (earliest >= _group.End)
        {
            (member, limit) = (None, 0);
            return false;
        }

        member = _first + own.IndexOf(earliest);
        if (CanRun(member, out limit))
        {
            return true;
        }

        // A later one may be farther from whoever blocks the earliest.
        for (member = _first; member < _first + _count; member++)
        {
            if (MayRun(member, _known) && CanRun(member, out limit))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the timeline can run now; if not, remembers who blocks it.</summary>
    private bool CanRun(int member, out ulong limit)
    {
        ReadOnlySpan<ulong> distances = _group.DistancesTo(member);
        limit = MinOfSums(_known, distances);
        if (_known[member] < limit)
        {
            limit = Math.Min(limit, _group.End);
            return true;
        }

        int blocker = 0;
        while (_known[blocker] + distances[blocker] != limit)
        {
            blocker++;
        }

        _blockers[member - _first] = blocker;
        return false;
    }

    /// <summary>A quick look whether the timeline is worth <see cref="CanRun"/>: whoever blocked it last has moved on.</summary>
    private bool MayRun(int member, ReadOnlySpan<ulong> times)
    {
        if (times[member] >= _group.End)
        {
            return false;
        }

        int blocker = _blockers[member - _first];
        return blocker == None || times[blocker] + _group.DistancesTo(member)[blocker] > times[member];
    }

    private static ulong Min(ReadOnlySpan<ulong> values)
    {
        Vector<ulong> minima = new(ulong.MaxValue);
        ReadOnlySpan<Vector<ulong>> vectors = MemoryMarshal.Cast<ulong, Vector<ulong>>(values);
        foreach (ref readonly Vector<ulong> vector in vectors)
        {
            minima = Vector.Min(minima, vector);
        }

        ulong min = ulong.MaxValue;
        for (int i = 0; i < Vector<ulong>.Count; i++)
        {
            min = Math.Min(min, minima[i]);
        }

        foreach (ulong value in values[(vectors.Length * Vector<ulong>.Count)..])
        {
            min = Math.Min(min, value);
        }

        return min;
    }

    /// <summary>The smallest of the sums; both are below 2^63.</summary>
    private static ulong MinOfSums(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b)
    {
        Vector<ulong> minima = new(ulong.MaxValue);
        ReadOnlySpan<Vector<ulong>> vectorsOfA = MemoryMarshal.Cast<ulong, Vector<ulong>>(a);
        ReadOnlySpan<Vector<ulong>> vectorsOfB = MemoryMarshal.Cast<ulong, Vector<ulong>>(b);
        for (int i = 0; i < vectorsOfA.Length; i++)
        {
            minima = Vector.Min(minima, vectorsOfA[i] + vectorsOfB[i]);
        }

        ulong min = ulong.MaxValue;
        for (int i = 0; i < Vector<ulong>.Count; i++)
        {
            min = Math.Min(min, minima[i]);
        }

        for (int i = vectorsOfA.Length * Vector<ulong>.Count; i < a.Length; i++)
        {
            min = Math.Min(min, a[i] + b[i]);
        }

        return min;
    }
}
