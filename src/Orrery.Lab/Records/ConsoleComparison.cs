using System.Runtime.InteropServices;
using Orrery.Simulation;

namespace Orrery.Lab.Records;

/// <summary>Compares the bytes of a console in two runs, whatever pieces they come in.</summary>
internal sealed class ConsoleComparison(string stream)
{
    /// <summary>Bytes that one run may be ahead before that alone is the difference.</summary>
    private const int AheadMax = 1 << 20;

    /// <summary>Bytes of a line that are shown with a difference, before it and after it.</summary>
    private const int ShownMax = 160;

    private readonly Side _left = new();
    private readonly Side _right = new();
    private readonly List<byte> _line = []; // what both have of the current line

    public string Stream { get; } = stream;

    /// <summary>One run has written more than the other by now.</summary>
    public bool IsApart => _left.Pending.Count + _right.Pending.Count > 0;

    /// <summary>The first run has written more.</summary>
    public bool LeftIsAhead => _left.Pending.Count > 0;

    /// <summary>Takes what both runs wrote at an instant.</summary>
    /// <returns>The difference, if there is one.</returns>
    public Mismatch? Add(IEnumerable<StoredRecord> left, IEnumerable<StoredRecord> right)
    {
        _left.Take(left);
        _right.Take(right);
        int shared = Math.Min(_left.Pending.Count, _right.Pending.Count);
        int common = CollectionsMarshal.AsSpan(_left.Pending)[..shared].CommonPrefixLength(CollectionsMarshal.AsSpan(_right.Pending)[..shared]);
        Remember(CollectionsMarshal.AsSpan(_left.Pending)[..common]);
        _left.Pending.RemoveRange(0, common);
        _right.Pending.RemoveRange(0, common);
        return common < shared || _left.Pending.Count + _right.Pending.Count > AheadMax ? ToMismatch() : null;
    }

    /// <summary>What each run has from here on, as a difference.</summary>
    public Mismatch ToMismatch()
    {
        StoredRecord? left = _left.Show(_line);
        StoredRecord? right = _right.Show(_line);
        SimTime time = SimTime.Min(left?.Time ?? SimTime.Never, right?.Time ?? SimTime.Never);
        return new Mismatch(Stream, time, left, right, SearchesRight: false);
    }

    private void Remember(ReadOnlySpan<byte> common)
    {
        int lineEnd = common.LastIndexOf((byte)'\n');
        if (lineEnd >= 0)
        {
            _line.Clear();
        }

        _line.AddRange(common[(lineEnd + 1)..]);
        if (_line.Count > ShownMax)
        {
            _line.RemoveRange(0, _line.Count - ShownMax);
        }
    }

    /// <summary>One run's part.</summary>
    private sealed class Side
    {
        private StoredRecord? _last;

        /// <summary>What it wrote that the other has not written yet.</summary>
        public List<byte> Pending { get; } = [];

        public void Take(IEnumerable<StoredRecord> records)
        {
            foreach (StoredRecord record in records)
            {
                _last = Pending.Count == 0 ? record : _last;
                Pending.AddRange(record.Payload);
            }
        }

        public StoredRecord? Show(List<byte> line) => Pending.Count == 0 ? null
            : _last! with { Payload = [.. line, .. Pending.Take(ShownMax)] };
    }
}
