using System.Globalization;

namespace Orrery.Cli.Reporting;

/// <summary>A line on a terminal that says how many there are so far; nothing when standard error is no terminal.</summary>
internal sealed class CountLine(string what) : IDisposable
{
    private const string EraseLine = "\r\u001b[K";
    private readonly bool _live = !Console.IsErrorRedirected;
    private bool _isShown;

    public void Show(long count)
    {
        if (_live)
        {
            _isShown = true;
            Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"{EraseLine}{count:N0} {what}"));
        }
    }

    public void Dispose()
    {
        if (_isShown)
        {
            Console.Error.Write(EraseLine);
        }
    }
}
