using System.Globalization;

namespace Orrery.Cli.Reporting;

/// <summary>A line on a terminal that counts up while something takes long; nothing when standard error is no terminal.</summary>
internal sealed class ProgressLine(string what, int total) : IDisposable
{
    private const string EraseLine = "\r\u001b[K";
    private readonly Lock _gate = new();
    private readonly bool _live = !Console.IsErrorRedirected;
    private int _done;

    public void Add(int count)
    {
        lock (_gate)
        {
            _done += count;
            if (_live)
            {
                Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"{EraseLine}{_done} of {total} {what}"));
            }
        }
    }

    /// <summary>Takes the line away, so that other output can follow.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            if (_live && _done > 0)
            {
                Console.Error.Write(EraseLine);
                _done = 0;
            }
        }
    }

    public void Dispose() => Clear();
}
