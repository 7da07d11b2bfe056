namespace Orrery.Interrupts.Conformance.Live;

/// <summary>Where downloaded and compiled files of the emulated machine are kept between runs.</summary>
internal static class LiveCache
{
    /// <summary>
    /// <c>$XDG_CACHE_HOME/orrery</c>, or <c>~/.cache/orrery</c> (XDG Base Directory Specification), and
    /// <paramref name="name"/> in it; created.
    /// </summary>
    public static string Directory(string name)
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache) || !Path.IsPathRooted(cache))
        {
            cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache");
        }

        return System.IO.Directory.CreateDirectory(Path.Combine(cache, "orrery", name)).FullName;
    }

    /// <summary>
    /// Puts a file into place in one step, so that nobody ever sees half of it: writes beside it, then renames.
    /// </summary>
    public static void Publish(string path, Action<string> write)
    {
        string unfinished = $"{path}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}";
        try
        {
            write(unfinished);
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }
}
