using System.Globalization;
using System.Text;

namespace Orrery.Lab.Guests.Image;

/// <summary>
/// An archive that Linux unpacks into its first root file system: the "newc" format of cpio
/// (<c>Documentation/driver-api/early-userspace/buffer-format.rst</c>). Equal contents give equal bytes: entries are
/// sorted, belong to root and carry time 0, whatever they were made from.
/// </summary>
public sealed class CpioArchive
{
    private const uint TypeFile = 0x8000, TypeDirectory = 0x4000, TypeLink = 0xA000, TypeCharacterDevice = 0x2000;
    private const int Alignment = 4;

    /// <summary>Permission bits 0755: everybody may read and execute, the owner write.</summary>
    public const UnixFileMode Executable = Readable
        | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Permission bits 0644: everybody may read, the owner write.</summary>
    public const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Adds a directory, and the ones that lead to it. One that is there already keeps its mode.</summary>
    /// <param name="path">Absolute path in the guest.</param>
    /// <param name="mode">Permission bits.</param>
    public void AddDirectory(string path, UnixFileMode mode = Executable)
    {
        string key = Key(path);
        if (key.Length == 0 || _entries.ContainsKey(key))
        {
            return;
        }

        AddParent(key);
        _entries.Add(key, new Entry(TypeDirectory | (uint)mode, [], null));
    }

    /// <summary>Adds a file, replacing one of the same name.</summary>
    /// <param name="path">Absolute path in the guest.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="content">The bytes.</param>
    public void AddFile(string path, UnixFileMode mode, byte[] content) => Put(path, new Entry(TypeFile | (uint)mode, content, null));

    /// <summary>Adds a file of the host, which is read when the archive is written, or a directory with all it holds.</summary>
    /// <param name="path">Absolute path in the guest.</param>
    /// <param name="source">The file or directory. Symbolic links are followed here, and kept inside of a directory.</param>
    /// <param name="mode">Permission bits of the file or directory; null takes over those of the host.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void AddFromHost(string path, string source, UnixFileMode? mode = null)
    {
        UnixFileMode permissions = mode ?? File.GetUnixFileMode(source);
        if (!Directory.Exists(source))
        {
            Put(path, new Entry(TypeFile | (uint)permissions, [], source));
            return;
        }

        AddDirectory(path, permissions);
        foreach (FileSystemInfo child in new DirectoryInfo(source).EnumerateFileSystemInfos())
        {
            string childPath = path.TrimEnd('/') + '/' + child.Name;
            if (child.LinkTarget is { } target)
            {
                AddLink(childPath, target);
            }
            else
            {
                AddFromHost(childPath, child.FullName);
            }
        }
    }

    /// <summary>Adds a symbolic link.</summary>
    /// <param name="path">Absolute path in the guest.</param>
    /// <param name="target">What it points to.</param>
    public void AddLink(string path, string target)
        => Put(path, new Entry(TypeLink | 0x1FF, Encoding.UTF8.GetBytes(target), null));

    /// <summary>Adds a character device.</summary>
    /// <param name="path">Absolute path in the guest.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="major">Major number.</param>
    /// <param name="minor">Minor number.</param>
    public void AddCharacterDevice(string path, UnixFileMode mode, int major, int minor)
        => Put(path, new Entry(TypeCharacterDevice | (uint)mode, [], null, major, minor));

    /// <summary>Writes the archive, ended by its trailer and aligned so that another one may follow.</summary>
    /// <exception cref="IOException">A file of the host cannot be read, or changed its size meanwhile.</exception>
    public void WriteTo(Stream output)
    {
        var writer = new Writer(output);
        foreach ((string name, Entry entry) in _entries)
        {
            writer.Write(name, entry);
        }

        writer.Write("TRAILER!!!", new Entry(0, [], null));
    }

    private static string Key(string path) => path.Trim('/');

    private void Put(string path, Entry entry)
    {
        string key = Key(path);
        ArgumentException.ThrowIfNullOrEmpty(key, nameof(path));
        AddParent(key);
        _entries[key] = entry;
    }

    private void AddParent(string key)
    {
        int slash = key.LastIndexOf('/');
        if (slash > 0)
        {
            AddDirectory(key[..slash]);
        }
    }

    private sealed record Entry(uint Mode, byte[] Content, string? HostPath, int Major = 0, int Minor = 0);

    private sealed class Writer(Stream output)
    {
        private uint _number;
        private long _written;

        internal void Write(string name, Entry entry)
        {
            using FileStream? file = entry.HostPath is null ? null : File.OpenRead(entry.HostPath);
            long length = file?.Length ?? entry.Content.Length;
            if (length > uint.MaxValue)
            {
                throw new IOException($"{entry.HostPath} has {length} bytes: a file of a node must be smaller than 4 GiB");
            }

            byte[] nameBytes = Encoding.UTF8.GetBytes(name + '\0');
            _number++;
            uint linkCount = (entry.Mode & TypeDirectory) != 0 ? 2u : 1u;
            uint[] fields =
            [
                _number, entry.Mode, 0, 0, linkCount, 0, (uint)length, 0, 0, (uint)entry.Major, (uint)entry.Minor,
                (uint)nameBytes.Length, 0,
            ];
            var header = new StringBuilder("070701");
            foreach (uint field in fields)
            {
                header.Append(field.ToString("X8", CultureInfo.InvariantCulture));
            }

            Append(Encoding.ASCII.GetBytes(header.ToString()));
            Append(nameBytes);
            Align();
            if (file is null)
            {
                Append(entry.Content);
            }
            else
            {
                CopyFrom(file, length, entry.HostPath!);
            }

            Align();
        }

        private void CopyFrom(FileStream file, long length, string path)
        {
            file.CopyTo(output);
            if (file.Position != length)
            {
                throw new IOException($"{path} changed its size while it was read");
            }

            _written += length;
        }

        private void Append(ReadOnlySpan<byte> bytes)
        {
            output.Write(bytes);
            _written += bytes.Length;
        }

        private void Align()
        {
            ReadOnlySpan<byte> zeros = [0, 0, 0];
            Append(zeros[..(int)(-_written & (Alignment - 1))]);
        }
    }
}
