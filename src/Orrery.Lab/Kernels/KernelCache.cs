using System.Text.Json;

namespace Orrery.Lab.Kernels;

/// <summary>
/// The kernels this user has built: <c>$XDG_CACHE_HOME/orrery/kernels/KEY/linux</c> (<c>~/.cache</c> without the
/// variable), with a <c>kernel.json</c> beside each.
/// </summary>
public sealed class KernelCache
{
    private const string ManifestFile = "kernel.json";
    private const int LockPollMilliseconds = 500;

    private readonly SourceHashes _sourceHashes;

    /// <summary>A cache at a place of its own.</summary>
    /// <param name="folder">Its directory; created when something is built.</param>
    /// <param name="recipe">How its kernels are made.</param>
    public KernelCache(string folder, KernelRecipe recipe)
    {
        Folder = folder;
        Recipe = recipe;
        _sourceHashes = new SourceHashes(Path.Combine(folder, "sources"));
    }

    /// <summary>The user's cache.</summary>
    public static KernelCache OfUser { get; } = new(
        Path.Combine(FindCacheHome(), "orrery", "kernels"), KernelRecipe.Own);

    /// <summary>Its directory.</summary>
    public string Folder { get; }

    /// <summary>How its kernels are made.</summary>
    public KernelRecipe Recipe { get; }

    /// <summary>Everything in it, newest first.</summary>
    public IReadOnlyList<CachedKernel> List()
    {
        if (!Directory.Exists(Folder))
        {
            return [];
        }

        return [.. Directory.EnumerateDirectories(Folder)
            .Select(folder => Read(Path.GetFileName(folder)))
            .OfType<CachedKernel>()
            .OrderByDescending(kernel => kernel.Built)];
    }

    /// <summary>The kernel that labs boot, if it has been built.</summary>
    /// <param name="source">Its source; null for Debian's, and where that is not installed for whatever it once was.</param>
    public CachedKernel? Find(KernelSource? source = null)
    {
        source ??= KernelSource.Find(null, out _);
        return source is not null
            ? Read(KeyOf(source))
            : List().FirstOrDefault(kernel => kernel.Recipe == Recipe.Identity);
    }

    /// <summary>The kernel that labs boot; builds it when it is not there yet, which takes minutes.</summary>
    /// <param name="progress">Told how far the build is; not called when there is nothing to build.</param>
    /// <param name="error">Why there is none, when null is returned.</param>
    /// <param name="stop">Ends the build early.</param>
    public CachedKernel? FindOrBuild(IKernelBuildProgress progress, out string error, CancellationToken stop)
    {
        error = "";
        if (Find() is { } kernel)
        {
            return kernel;
        }

        KernelSource? source = KernelSource.Find(null, out error);
        return source is null ? null : Build(new KernelBuildOptions(source), progress, out error, stop);
    }

    /// <summary>Builds a kernel into the cache, unless it is there.</summary>
    /// <param name="options">What to build.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="error">Why it failed, when null is returned.</param>
    /// <param name="stop">Ends the build early, leaving nothing behind.</param>
    public CachedKernel? Build(
        KernelBuildOptions options, IKernelBuildProgress progress, out string error, CancellationToken stop)
    {
        try
        {
            Directory.CreateDirectory(Folder);
            using FileStream? @lock = TakeLock(progress, stop);
            if (@lock is null)
            {
                error = KernelBuilder.Interrupted;
                return null;
            }

            // Somebody else may have built it meanwhile.
            string key = KeyOf(options.Source);
            if (!options.Force && Read(key) is { } kernel)
            {
                error = "";
                return kernel;
            }

            return new KernelBuilder(this, options, key, progress, stop).Run(out error) ? Read(key) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error = $"the kernel cache {Folder} cannot be written: {exception.Message}";
            return null;
        }
    }

    /// <summary>Puts a finished kernel's directory in its place, in one step.</summary>
    internal void Store(string key, string folder, CachedKernel manifest)
    {
        File.WriteAllText(
            Path.Combine(folder, ManifestFile),
            JsonSerializer.Serialize(manifest, CachedKernelJson.Default.CachedKernel) + "\n");
        string target = FolderOf(key);
        if (Directory.Exists(target))
        {
            Directory.Move(target, folder + ".old"); // removed with the build's directory
        }

        Directory.Move(folder, target);
    }

    private static string FindCacheHome()
    {
        string? home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return !string.IsNullOrEmpty(home) && Path.IsPathRooted(home)
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache");
    }

    private string KeyOf(KernelSource source) => Recipe.KeyFor(source.Identify(_sourceHashes));

    private string FolderOf(string key) => Path.Combine(Folder, key);

    private CachedKernel? Read(string key)
    {
        try
        {
            string kernel = Path.Combine(FolderOf(key), "linux");
            string manifest = Path.Combine(FolderOf(key), ManifestFile);
            return File.Exists(kernel) && File.Exists(manifest)
                && JsonSerializer.Deserialize(File.ReadAllText(manifest), CachedKernelJson.Default.CachedKernel) is { } cached
                ? cached with { Path = kernel }
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null; // as good as not built
        }
    }

    /// <summary>One build at a time: two would only slow each other down, and the second is usually the same kernel.</summary>
    private FileStream? TakeLock(IKernelBuildProgress progress, CancellationToken stop)
    {
        string path = Path.Combine(Folder, "lock");
        bool told = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                if (!told)
                {
                    progress.OnStage(KernelBuildStage.WaitingForOther);
                    told = true;
                }

                stop.WaitHandle.WaitOne(LockPollMilliseconds);
            }
        }

        return null;
    }
}
