namespace Orrery.Lab.Running;

/// <summary>
/// What a run has to say besides its records: faults of participants and devices, and warnings. Written by any worker, read
/// between epochs.
/// </summary>
internal sealed class RunNotices
{
    /// <summary>A lab whose every node fails over and over must not fill the memory.</summary>
    private const int LinesMax = 1000;

    private readonly Lock _lock = new();
    private readonly List<string> _faults = [];
    private readonly Queue<string> _unread = new();

    /// <summary>All faults so far.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_lock)
            {
                return [.. _faults];
            }
        }
    }

    /// <summary>A participant or device was dropped.</summary>
    public void Fault(string line)
    {
        lock (_lock)
        {
            if (_faults.Count < LinesMax)
            {
                _faults.Add(line);
                _unread.Enqueue(line);
            }
        }
    }

    /// <summary>Something worth a line that is nobody's fault.</summary>
    public void Notice(string line)
    {
        lock (_lock)
        {
            if (_unread.Count < LinesMax)
            {
                _unread.Enqueue(line);
            }
        }
    }

    /// <summary>Hands over what nobody has read yet.</summary>
    public void Read(Action<string> reader)
    {
        while (true)
        {
            string? line;
            lock (_lock)
            {
                if (!_unread.TryDequeue(out line))
                {
                    return;
                }
            }

            reader(line);
        }
    }
}
