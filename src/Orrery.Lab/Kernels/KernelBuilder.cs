using System.Security.Cryptography;
using System.Text;
using Orrery.Posix;

namespace Orrery.Lab.Kernels;

/// <summary>One build: unpacks, patches, configures, compiles, strips, stores. Runs under the cache's lock.</summary>
internal sealed class KernelBuilder
{
    /// <summary>The error of a build that was ended early.</summary>
    internal const string Interrupted = "interrupted";

    // Lines of make's short output for Debian's 6.12 with our configuration. Only the progress depends on it.
    private const int CompileStepsExpected = 1790;

    private const int FailureLinesShown = 15;

    // More than half of an archive that no User-Mode Linux for x86-64 looks at. All Kconfig files stay: they name each other.
    private static readonly string[] Unneeded =
    [
        .. new[]
        {
            "alpha", "arc", "arm", "arm64", "csky", "hexagon", "loongarch", "m68k", "microblaze", "mips", "nios2",
            "openrisc", "parisc", "powerpc", "riscv", "s390", "sh", "sparc", "xtensa",
        }.SelectMany(architecture => new[] { $"*/arch/{architecture}/*.[chS]", $"*/arch/{architecture}/*.dts*" }),
        .. new[]
        {
            "drivers/gpu", "drivers/infiniband", "drivers/media", "drivers/net/ethernet", "drivers/scsi", "drivers/staging",
            "sound",
        }.Select(folder => $"*/{folder}/*.[ch]"),
        "*/Documentation/*.rst", "*/Documentation/*.txt", "*/Documentation/*.yaml", "*/tools/testing",
    ];

    private readonly KernelCache _cache;
    private readonly KernelBuildOptions _options;
    private readonly IKernelBuildProgress _progress;
    private readonly CancellationToken _stop;
    private readonly string _key;
    private readonly string _folder;
    private readonly string _tree;
    private readonly string _logPath;

    internal KernelBuilder(
        KernelCache cache, KernelBuildOptions options, string key, IKernelBuildProgress progress, CancellationToken stop)
    {
        _cache = cache;
        _options = options;
        _key = key;
        _progress = progress;
        _stop = stop;

        // Always the same directory: what a killed build left behind is removed by the next one.
        _folder = Path.Combine(cache.Folder, ".build");
        _tree = Path.Combine(_folder, "linux");
        _logPath = Path.Combine(_folder, "log");
    }

    /// <summary>Builds into the cache.</summary>
    /// <param name="error">Why not, with the last lines of the log.</param>
    internal bool Run(out string error)
    {
        error = BuildTools.FindMissing();
        if (error.Length > 0)
        {
            return false;
        }

        RemoveFolder();
        try
        {
            Directory.CreateDirectory(_tree);
            using (var log = new StreamWriter(_logPath))
            {
                if (!TryMake(log, out string what))
                {
                    log.Flush();
                    error = _stop.IsCancellationRequested ? Interrupted : KeepLog(what);
                    return false;
                }
            }

            Store();
            return true;
        }
        finally
        {
            RemoveFolder();
        }
    }

    private bool TryMake(StreamWriter log, out string what)
    {
        what = "unpacking the source";
        _progress.OnStage(KernelBuildStage.Unpacking);
        bool unpacked = _options.Source.IsDirectory
            ? Call(log, ["cp", "-a", "--reflink=auto", _options.Source.Path + "/.", _tree]) && Make(log, ["mrproper"])
            : Call(
                log,
                [
                    "tar", "-x", "--strip-components=1", .. Unneeded.Select(pattern => "--exclude=" + pattern),
                    "-f", _options.Source.Path, "-C", _tree,
                ]);
        if (!unpacked)
        {
            return false;
        }

        _progress.OnStage(KernelBuildStage.Configuring);
        foreach (KernelPatch patch in _cache.Recipe.Patches)
        {
            what = $"applying kernel/patches/{patch.Name}";
            string path = Path.Combine(_folder, patch.Name);
            File.WriteAllText(path, patch.Text);
            if (!Call(log, ["patch", "-p1", "--batch", "-d", _tree, "-i", path]))
            {
                return false;
            }
        }

        what = "configuring the kernel";
        File.WriteAllText(Path.Combine(_tree, ".config"), _cache.Recipe.Configuration);
        if (!Make(log, ["olddefconfig"]))
        {
            return false;
        }

        what = "compiling the kernel";
        _progress.OnStage(KernelBuildStage.Compiling);
        int steps = 0;
        return Make(log, [$"-j{_options.Jobs}", "linux"], line =>
        {
            // "  CC      kernel/fork.o"
            if (line.StartsWith("  ", StringComparison.Ordinal))
            {
                _progress.OnCompiled(Math.Min(0.99, ++steps / (double)CompileStepsExpected));
            }
        }) && Call(log, ["strip", "linux"]);
    }

    private bool Make(StreamWriter log, IEnumerable<string> arguments, Action<string>? onLine = null)
        => Call(log, ["make", "ARCH=um", .. arguments], onLine);

    /// <summary>Runs a tool in the source tree, its output going to the log.</summary>
    /// <returns>False when it failed or the build was ended early.</returns>
    private bool Call(StreamWriter log, string[] arguments, Action<string>? onLine = null)
    {
        log.WriteLine("$ " + string.Join(' ', arguments));
        int status = BuildTools.Run(
            arguments,
            _tree,
            line =>
            {
                log.WriteLine(line);
                onLine?.Invoke(line);
            },
            _stop);
        return status == 0 && !_stop.IsCancellationRequested;
    }

    private void Store()
    {
        _progress.OnStage(KernelBuildStage.Storing);
        string result = Path.Combine(_folder, "result");
        Directory.CreateDirectory(result);
        string kernel = Path.Combine(result, "linux");
        File.Move(Path.Combine(_tree, "linux"), kernel);
        File.Move(Path.Combine(_tree, ".config"), Path.Combine(result, "config"));
        byte[] content = File.ReadAllBytes(kernel);
        _cache.Store(_key, result, new CachedKernel
        {
            Key = _key,
            Release = File.ReadAllText(Path.Combine(_tree, "include/config/kernel.release")).Trim(),
            Source = _options.Source.Path,
            Recipe = _cache.Recipe.Identity,
            Compiler = BuildTools.DescribeCompiler(),
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(content)),
            Bytes = content.Length,
            Built = DateTimeOffset.UtcNow,
        });
    }

    /// <summary>Saves the log from the removal of the build's directory, and quotes its end.</summary>
    private string KeepLog(string what)
    {
        string kept = Path.Combine(_cache.Folder, $"failed-{_key}.log");
        File.Move(_logPath, kept, overwrite: true);
        var message = new StringBuilder($"{what} failed, the last lines of {kept}:");
        foreach (string line in File.ReadLines(kept).TakeLast(FailureLinesShown))
        {
            message.Append("\n    ").Append(line);
        }

        return message.ToString();
    }

    private void RemoveFolder()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
