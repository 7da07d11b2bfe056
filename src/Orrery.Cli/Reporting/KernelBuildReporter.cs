using System.Diagnostics;
using System.Globalization;
using Orrery.Lab.Kernels;

namespace Orrery.Cli.Reporting;

/// <summary>Says how far the build of a kernel is: one line that changes on a terminal, a line now and then elsewhere.</summary>
/// <param name="output">Where it says it.</param>
/// <param name="live">The output is a terminal.</param>
/// <param name="why">What is said first to somebody who has not asked for a build.</param>
internal sealed class KernelBuildReporter(TextWriter output, bool live, string? why = null) : IKernelBuildProgress, IDisposable
{
    private const int PlainStepPercent = 10;

    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private int? _shownPercent;

    /// <inheritdoc/>
    public void OnStage(KernelBuildStage stage)
    {
        if (why is not null && _shownPercent is null)
        {
            output.WriteLine($"kernel: {why}");
        }

        _shownPercent = -1;
        Show(stage switch
        {
            KernelBuildStage.WaitingForOther => "waiting for another build to end",
            KernelBuildStage.Unpacking => "unpacking the source",
            KernelBuildStage.Configuring => "configuring",
            KernelBuildStage.Compiling => "compiling",
            _ => "storing",
        });
    }

    /// <inheritdoc/>
    public void OnCompiled(double fraction)
    {
        int percent = (int)(fraction * 100);
        if (percent > _shownPercent && (live || percent % PlainStepPercent == 0))
        {
            _shownPercent = percent;
            Show($"compiling, {percent} %");
        }
    }

    /// <summary>Leaves the line.</summary>
    public void Dispose()
    {
        if (live && _shownPercent is not null)
        {
            output.Write("\r\e[K");
        }
    }

    private void Show(string what)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"kernel: {what} ({_elapsed.Elapsed:m\\:ss})");
        output.Write(live ? $"\r\e[K{line}" : line + "\n");
        output.Flush();
    }
}
