using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Orrery.Posix.Tests;

public class AffinityTests
{
    [Fact]
    public void The_thread_may_run_somewhere() => Assert.NotEmpty(Affinity.AllowedProcessors());

    [Fact]
    public void A_process_is_moved_with_all_that_it_has_started()
    {
        int processor = Affinity.AllowedProcessors()[^1];
        var start = new ProcessStartInfo("sh", ["-c", "sleep 1000 & echo $!; sh -c 'sleep 1000 & echo $!; read end; kill $!'; kill $!"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process parent = Process.Start(start)!;
        int[] children = [Read(parent), Read(parent)];
        Affinity.PinTree(parent.Id, processor);
        string[] allowed = [.. children.Append(parent.Id).Select(id =>
            File.ReadLines($"/proc/{id}/status").Single(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1])];
        parent.StandardInput.WriteLine();
        parent.WaitForExit();
        Assert.All(allowed, list => Assert.Equal($"{processor}", list));
    }

    [Fact]
    public void Moving_what_has_ended_does_nothing()
    {
        using Process process = Process.Start("true");
        process.WaitForExit();
        Affinity.PinTree(process.Id, Affinity.AllowedProcessors()[0]);
    }

    private static int Read(Process process) => int.Parse(process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
}
