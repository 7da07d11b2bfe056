using Orrery.Simulation;

namespace Orrery.Lab.Records;

/// <summary>The first event in which two runs differ.</summary>
public sealed record RunDifference
{
    /// <summary>When it happened, in the run in which it happened first.</summary>
    public required SimTime Time { get; init; }

    /// <summary>What differs and whose it is: <c>frames client.eth0</c>.</summary>
    public required string Stream { get; init; }

    /// <summary>What the first run has: at that time or next in this stream. Null: nothing more.</summary>
    public required StoredRecord? Left { get; init; }

    /// <summary>What the second run has.</summary>
    public required StoredRecord? Right { get; init; }

    /// <summary>Other streams that differ at the same instant, or whose consoles had got apart by then.</summary>
    public required IReadOnlyList<string> Others { get; init; }

    /// <summary>The last records that both runs have before it, by node, in the order of the lab file.</summary>
    public required IReadOnlyList<(string Node, IReadOnlyList<StoredRecord> Records)> Before { get; init; }
}

/// <summary>
/// Looks for the first difference between a recorded run and another, whose records are handed over one by one: those of a
/// second file, or of a run that is going on.
/// </summary>
/// <remarks>
/// Runs are compared instant by instant and stream by stream, so that the order of sources within an instant does not matter.
/// Consoles are compared as streams of bytes, for where they are cut into records is chance.
/// </remarks>
public sealed class RunComparison
{
    /// <summary>Records that are looked through, after a difference, for what the other run has instead.</summary>
    private const int SearchMax = 1_000_000;

    private readonly RecordFileReader _left;
    private readonly RunHistory _history;
    private readonly Dictionary<string, ConsoleComparison> _consoles = [];
    private readonly List<StoredRecord> _rightNow = [];
    private StoredRecord? _leftNext;
    private Mismatch? _found;
    private string[] _others = [];
    private int _searched;
    private bool _rightBreaksOff;

    /// <param name="left">The first run.</param>
    public RunComparison(RecordFileReader left)
    {
        _left = left;
        _history = new RunHistory(left.Header.Nodes);
        _leftNext = NextLeft();
    }

    /// <summary>Whether nothing that is still to come can change the result.</summary>
    public bool IsDecided => _found is { Right: not null } or { SearchesRight: false } || _searched >= SearchMax;

    /// <summary>Hands over the next record of the second run; log lines are passed over.</summary>
    public void Add(StoredRecord right)
    {
        if (IsDecided || right.Kind == RecordKind.Log)
        {
            return;
        }

        if (_found is { } found)
        {
            _searched++;
            if (StreamOf(right) == found.Stream)
            {
                _found = found with { Right = right };
            }

            return;
        }

        if (_rightNow.Count > 0 && _rightNow[0].Time != right.Time)
        {
            CompareInstants(_rightNow[0].Time);
            _rightNow.Clear();
            if (_found is not null)
            {
                Add(right);
                return;
            }
        }

        _rightNow.Add(right);
    }

    /// <summary>The first difference; null when there is none in what both runs have to say.</summary>
    /// <param name="rightIsCutOff">The second run was killed or is not at its end: that it has no more is no difference.</param>
    public RunDifference? Finish(bool rightIsCutOff)
    {
        _rightBreaksOff = rightIsCutOff;
        if (_found is null && _rightNow.Count > 0)
        {
            CompareInstants(_rightNow[0].Time);
        }

        if (_found is null && !rightIsCutOff)
        {
            CompareRest();
        }

        return _found is { } found ? Report(found) : null;
    }

    /// <summary>What is left of the first run when the second has ended.</summary>
    private void CompareRest()
    {
        _rightNow.Clear();
        while (_found is null && _leftNext is not null)
        {
            CompareInstants(_leftNext.Time);
        }

        ConsoleComparison? apart = _consoles.Values.FirstOrDefault(console => console.IsApart && (console.LeftIsAhead || !_left.IsCutOff));
        if (_found is null && apart is not null)
        {
            _found = apart.ToMismatch();
        }
    }

    /// <summary>Compares everything up to and including <paramref name="time"/>.</summary>
    private void CompareInstants(SimTime time)
    {
        while (_found is null && _leftNext is not null && _leftNext.Time < time)
        {
            CompareInstant(TakeLeft(_leftNext.Time), []);
        }

        if (_found is null)
        {
            CompareInstant(_leftNext?.Time == time ? TakeLeft(time) : [], _rightNow);
        }
        else if (_found is { SearchesRight: true } found)
        {
            _found = found with { Right = _rightNow.Find(record => StreamOf(record) == found.Stream) };
        }
    }

    private bool LeftBreaksOff => _leftNext is null && _left.IsCutOff;

    private void CompareInstant(List<StoredRecord> left, List<StoredRecord> right)
    {
        if (AreSame(left, right))
        {
            left.ForEach(_history.Add);
            return;
        }

        var mismatches = new List<Mismatch>();
        ILookup<string, StoredRecord> rights = right.ToLookup(StreamOf);
        ILookup<string, StoredRecord> lefts = left.ToLookup(StreamOf);
        foreach (string stream in lefts.Select(l => l.Key).Union(rights.Select(r => r.Key)))
        {
            Mismatch? mismatch = stream.StartsWith(RecordNames.StreamOf(RecordKind.Console), StringComparison.Ordinal)
                ? CompareConsole(stream, lefts[stream], rights[stream])
                : ComparePairs(stream, [.. lefts[stream]], [.. rights[stream]]);
            if (mismatch is not null)
            {
                mismatches.Add(mismatch);
            }
        }

        if (mismatches.Count == 0)
        {
            left.ForEach(_history.Add);
            return;
        }

        _found = mismatches[0];
        _others = [.. mismatches.Skip(1).Select(m => m.Stream)
            .Concat(_consoles.Values.Where(c => c.IsApart).Select(c => c.Stream)).Except([_found.Stream]).Distinct()];
    }

    /// <summary>The usual case, without the cost of the general one; consoles have state and are no such case.</summary>
    private static bool AreSame(List<StoredRecord> left, List<StoredRecord> right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (int i = 0; i < left.Count; i++)
        {
            if (left[i].Kind == RecordKind.Console || left[i].Kind != right[i].Kind || left[i].Source != right[i].Source
                || !left[i].Payload.AsSpan().SequenceEqual(right[i].Payload))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What one run has and the other has not; a run that breaks off at this instant may have had it.</summary>
    private Mismatch? ComparePairs(string stream, StoredRecord[] left, StoredRecord[] right)
    {
        for (int i = 0; i < Math.Max(left.Length, right.Length); i++)
        {
            StoredRecord? l = left.ElementAtOrDefault(i);
            StoredRecord? r = right.ElementAtOrDefault(i);
            if ((l is null && LeftBreaksOff) || (r is null && _rightBreaksOff))
            {
                return null;
            }

            if (l is null || r is null || !l.Payload.AsSpan().SequenceEqual(r.Payload))
            {
                return new Mismatch(stream, (l ?? r)!.Time, l, r, SearchesRight: r is null);
            }
        }

        return null;
    }

    private Mismatch? CompareConsole(string stream, IEnumerable<StoredRecord> left, IEnumerable<StoredRecord> right)
    {
        if (!_consoles.TryGetValue(stream, out ConsoleComparison? console))
        {
            console = new ConsoleComparison(stream);
            _consoles.Add(stream, console);
        }

        return console.Add(left, right);
    }

    private RunDifference Report(Mismatch found)
    {
        StoredRecord? left = found.Left;
        for (int i = 0; left is null && _leftNext is not null && i < SearchMax; i++)
        {
            left = StreamOf(_leftNext) == found.Stream ? _leftNext : null;
            _leftNext = NextLeft();
        }

        return new RunDifference
        {
            Time = found.Time,
            Stream = found.Stream,
            Left = left,
            Right = found.Right,
            Others = _others,
            Before = _history.Recent(),
        };
    }

    private List<StoredRecord> TakeLeft(SimTime time)
    {
        var records = new List<StoredRecord>();
        while (_leftNext?.Time == time)
        {
            records.Add(_leftNext);
            _leftNext = NextLeft();
        }

        return records;
    }

    private StoredRecord? NextLeft()
    {
        StoredRecord? record = _left.Next();
        while (record?.Kind == RecordKind.Log)
        {
            record = _left.Next();
        }

        return record;
    }

    private static string StreamOf(StoredRecord record) => $"{RecordNames.StreamOf(record.Kind)} {record.Source}";
}

/// <summary>Where two runs differ, while what stands against it is still looked for.</summary>
/// <param name="Stream">The stream that differs.</param>
/// <param name="Time">When.</param>
/// <param name="Left">What the first run has there.</param>
/// <param name="Right">What the second run has there.</param>
/// <param name="SearchesRight">The second run may still have something in this stream, later.</param>
internal sealed record Mismatch(string Stream, SimTime Time, StoredRecord? Left, StoredRecord? Right, bool SearchesRight);
