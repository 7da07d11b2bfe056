using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Orrery.Cli.Reporting;
using Orrery.Lab.Kernels;

namespace Orrery.Cli.Commands;

/// <summary><c>orrery kernel build | list | path</c>: the User-Mode Linux kernels that labs boot.</summary>
internal static class KernelCommand
{
    private const int Failed = 1;
    private const int Unusable = 2;
    private const int Interrupted = 130;

    public static Command Create() => new("kernel", "Builds and lists the Linux kernels that labs boot.")
    {
        CreateBuild(), CreateList(), CreatePath(),
    };

    private static Command CreateBuild()
    {
        var source = new Option<string?>("--source")
        {
            Description = $"A tar archive or directory with the source of Linux 6.12. Default: {KernelSource.DebianPath}",
            HelpName = "PATH",
        };
        var jobs = new Option<int>("--jobs", "-j")
        {
            Description = "Compilers at once. Default: one per core.",
            HelpName = "N",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var force = new Option<bool>("--force") { Description = "Builds although the kernel is in the cache." };
        var command = new Command("build", "Builds the kernel into the cache, unless it is there; prints its path.")
        {
            source, jobs, force,
        };
        command.SetAction(parsed =>
            Build(parsed.GetValue(source), parsed.GetValue(jobs), parsed.GetValue(force)));
        return command;
    }

    private static Command CreateList()
    {
        var command = new Command("list", "Lists the kernels in the cache; * marks the one that labs boot.");
        command.SetAction(_ =>
        {
            string? current = KernelCache.OfUser.Find()?.Key;
            foreach (CachedKernel kernel in KernelCache.OfUser.List())
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(kernel.Key == current ? '*' : ' ')} {kernel.Key}  {kernel.Release,-18} {kernel.Bytes / 1e6,5:F1} MB  "
                        + $"{kernel.Built.ToLocalTime():yyyy-MM-dd HH:mm}  {kernel.Source}"));
            }

            return 0;
        });
        return command;
    }

    private static Command CreatePath()
    {
        var command = new Command("path", "Prints the path of the kernel that labs boot.");
        command.SetAction(_ =>
        {
            if (KernelCache.OfUser.Find() is not { } kernel)
            {
                Console.Error.WriteLine("orrery: no kernel has been built yet: orrery kernel build");
                return Failed;
            }

            Console.WriteLine(kernel.Path);
            return 0;
        });
        return command;
    }

    private static int Build(string? sourcePath, int jobs, bool force)
    {
        if (jobs < 1)
        {
            Console.Error.WriteLine($"orrery: --jobs {jobs}: at least 1 is needed");
            return Unusable;
        }

        if (KernelSource.Find(sourcePath, out string error) is not { } source)
        {
            Console.Error.WriteLine($"orrery: {error}");
            return Unusable;
        }

        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT, stop);
        using PosixSignalRegistration terminate = OnSignal(PosixSignal.SIGTERM, stop);
        using PosixSignalRegistration hangup = OnSignal(PosixSignal.SIGHUP, stop);
        CachedKernel? kernel;
        using (var reporter = new KernelBuildReporter(Console.Error, live: !Console.IsErrorRedirected))
        {
            var options = new KernelBuildOptions(source) { Jobs = jobs, Force = force };
            kernel = KernelCache.OfUser.Build(options, reporter, out error, stop.Token);
        }

        if (kernel is null)
        {
            Console.Error.WriteLine($"orrery: {error}");
            return stop.IsCancellationRequested ? Interrupted : Failed;
        }

        Console.WriteLine(kernel.Path);
        return 0;
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, CancellationTokenSource stop)
        => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true; // the build ends in order
            stop.Cancel();
        });
}
