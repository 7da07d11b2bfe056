using System.Globalization;

namespace Orrery.Lab.Running;

/// <summary>
/// Where a run leaves what it leaves: <c>result.json</c>, per node <c>NODE.out</c> (what its commands wrote) and
/// <c>NODE.console</c> (its kernel's messages), per captured network <c>NETWORK.pcapng</c>, and <c>records</c> and
/// <c>digests.tsv</c> for comparing runs. While the run goes on <c>result.json</c> says how far it is.
/// </summary>
public sealed class RunFolder
{
    private const string AgainFolder = "again";
    private const string ResultFile = "result.json";
    private const string RecordsFile = "records";
    private const string TrailFile = "digests.tsv";
    private const string CheckpointFile = "checkpoint.json";

    private static readonly string[] FileNames = [ResultFile, RecordsFile, TrailFile, CheckpointFile];
    private static readonly string[] FileEndings = [".out", ".console", ".stderr", ".ttyS0", ".pcapng", ".new"];

    private RunFolder(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The result.</summary>
    public string Result => File(ResultFile);

    /// <summary>What the commands of <paramref name="node"/> wrote.</summary>
    public string Output(string node) => File($"{node}.out");

    /// <summary>The kernel's messages of <paramref name="node"/>.</summary>
    public string Console(string node) => File($"{node}.console");

    /// <summary>The records, for <c>orrery diff</c>.</summary>
    public string Records => RecordsIn(Path);

    /// <summary>The trail of the digests.</summary>
    public string Trail => File(TrailFile);

    /// <summary>The checkpoint.</summary>
    public string Checkpoint => CheckpointIn(Path);

    /// <summary>The capture of <paramref name="network"/>.</summary>
    public string Capture(string network) => File($"{network}.pcapng");

    /// <summary>Makes a folder in this one for a second run of the same lab.</summary>
    /// <inheritdoc cref="Create"/>
    public RunFolder? CreateAgain(out string error) => Create(File(AgainFolder), "", out error);

    /// <summary>Where the run in <paramref name="folder"/> left its records.</summary>
    public static string RecordsIn(string folder) => System.IO.Path.Combine(folder, RecordsFile);

    /// <summary>Where the run in <paramref name="folder"/> left its checkpoint.</summary>
    public static string CheckpointIn(string folder) => System.IO.Path.Combine(folder, CheckpointFile);

    /// <summary>A file of the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>
    /// Makes the folder: <paramref name="wanted"/>, or <c>runs/TITLE-DATE</c> under the current one, with a link
    /// <c>runs/last</c> to it.
    /// </summary>
    /// <returns>Null, and in <paramref name="error"/> why, when it cannot be made or is somebody else's.</returns>
    public static RunFolder? Create(string? wanted, string title, out string error)
    {
        error = "";
        try
        {
            return wanted is null ? CreateNext(title) : CreateAt(wanted, out error);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = $"the run folder cannot be made: {e.Message}";
            return null;
        }
    }

    private static RunFolder? CreateAt(string wanted, out string error)
    {
        error = "";
        string path = System.IO.Path.GetFullPath(wanted);
        if (Directory.Exists(path))
        {
            if (FindForeign(path) is { } foreign)
            {
                error = $"{wanted} holds files that are not a run's ({foreign}): name a new or empty folder, or one of an earlier run";
                return null;
            }

            // What an earlier run left would be mistaken for this one's.
            foreach (string file in Directory.EnumerateFiles(path))
            {
                System.IO.File.Delete(file);
            }

            foreach (string folder in Directory.EnumerateDirectories(path))
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        Directory.CreateDirectory(path);
        return Begin(path);
    }

    /// <summary>Something in <paramref name="folder"/> that no run has left there, or null: what is somebody's own is never deleted.</summary>
    private static string? FindForeign(string folder)
    {
        bool ran = RunProgress.IsOfARun(System.IO.Path.Combine(folder, ResultFile));
        foreach (string entry in Directory.EnumerateFileSystemEntries(folder))
        {
            string name = System.IO.Path.GetFileName(entry);
            bool left = Directory.Exists(entry)
                ? (name == AgainFolder && FindForeign(entry) is null) || HoldsSocketsAlone(entry)
                : FileNames.Contains(name) || FileEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));
            if (!ran || !left)
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>A run that was killed leaves the sockets at which it awaited somebody.</summary>
    private static bool HoldsSocketsAlone(string folder)
    {
        string[] entries = Directory.GetFileSystemEntries(folder);
        return entries.Length > 0 && entries.All(Posix.UnixSocket.IsSocket);
    }

    private static RunFolder Begin(string path)
    {
        var folder = new RunFolder(path);
        new RunProgress(0, 0).Write(folder.Result);
        return folder;
    }

    private static RunFolder CreateNext(string title)
    {
        string parent = Directory.CreateDirectory("runs").FullName;
        var name = string.Join('-', title.Split([.. title.Where(c => !char.IsAsciiLetterOrDigit(c) && c is not '_' and not '.')], StringSplitOptions.RemoveEmptyEntries));
        string stamp = DateTime.Now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        for (int attempt = 1; ; attempt++)
        {
            string path = System.IO.Path.Combine(parent, $"{name}-{stamp}{(attempt > 1 ? $"-{attempt}" : "")}");
            if (TryCreateNew(path))
            {
                Link(parent, path);
                return Begin(path);
            }
        }
    }

    // Two runs that begin in the same second: whoever makes the folder's lock file has it.
    private static bool TryCreateNew(string path)
    {
        Directory.CreateDirectory(path);
        try
        {
            new FileStream(System.IO.Path.Combine(path, ResultFile), FileMode.CreateNew, FileAccess.Write).Dispose();
            return true;
        }
        catch (IOException) when (Directory.Exists(path))
        {
            return false;
        }
    }

    private static void Link(string parent, string path)
    {
        string link = System.IO.Path.Combine(parent, "last");
        try
        {
            System.IO.File.Delete(link);
            Directory.CreateSymbolicLink(link, System.IO.Path.GetFileName(path));
        }
        catch (IOException)
        {
            // Another run was quicker, or the name is taken by something that is no link: a convenience only.
        }
    }
}
