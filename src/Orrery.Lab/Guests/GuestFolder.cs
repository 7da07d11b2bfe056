namespace Orrery.Lab.Guests;

/// <summary>
/// The directory in memory under which each guest of a run has a folder: its kernel, first file system and sockets. The
/// path is short, for socket paths must be. It is gone with the run; what a killed run left behind is removed by the next.
/// </summary>
internal sealed class GuestFolder : IDisposable
{
    private const string Prefix = "orrery-";
    private const string LockFile = "lock";

    private readonly FileStream _lock;
    private int _count;

    private GuestFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    /// <summary>The directory.</summary>
    internal string Path { get; }

    /// <summary>The directory it lies in: where guests keep the files that back their memory.</summary>
    internal string Parent => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>Creates a new directory.</summary>
    /// <exception cref="IOException">There is no place for it.</exception>
    internal static GuestFolder Create()
    {
        string parent = FindParent();
        RemoveAbandoned(parent);
        while (true)
        {
            string path = System.IO.Path.Combine(parent, Prefix + System.IO.Path.GetRandomFileName()[..6]);
            if (Directory.Exists(path))
            {
                continue;
            }

            // The lock must exist as soon as the directory does, or another run might take it for an abandoned one.
            string draft = path + ".new";
            Directory.CreateDirectory(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            FileStream @lock = Lock(draft, FileMode.CreateNew);
            Directory.Move(draft, path);
            return new GuestFolder(path, @lock);
        }
    }

    /// <summary>Creates the folder of one guest.</summary>
    internal string CreateGuest()
    {
        string path = System.IO.Path.Combine(Path, (_count++).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.CreateDirectory(path);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Directory.Delete(Path, recursive: true);
        _lock.Dispose();
    }

    /// <summary>Containers often give 64 MB of shared memory, too little for the memory of guests.</summary>
    private static string FindParent()
    {
        const string memory = "/dev/shm";
        const long neededBytes = 1L << 30;
        return Directory.Exists(memory) && new DriveInfo(memory).AvailableFreeSpace >= neededBytes
            ? memory
            : System.IO.Path.GetTempPath();
    }

    private static FileStream Lock(string folder, FileMode mode)
        => new(System.IO.Path.Combine(folder, LockFile), mode, FileAccess.ReadWrite, FileShare.None);

    private static void RemoveAbandoned(string parent)
    {
        foreach (string folder in Directory.EnumerateDirectories(parent, Prefix + "??????"))
        {
            try
            {
                using FileStream @lock = Lock(folder, FileMode.Open);
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // In use, or somebody else's.
            }
        }
    }
}
