using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orrery.Lab.Kernels;

/// <summary>The source of a Linux kernel: a tar archive, or a directory.</summary>
public sealed class KernelSource
{
    /// <summary>Where Debian's package <c>linux-source-6.12</c> puts its archive.</summary>
    public const string DebianPath = "/usr/src/linux-source-6.12.tar.xz";

    private KernelSource(string path, bool isDirectory)
    {
        Path = path;
        IsDirectory = isDirectory;
    }

    /// <summary>The archive or directory.</summary>
    public string Path { get; }

    /// <summary>It is a directory with an unpacked source.</summary>
    public bool IsDirectory { get; }

    /// <summary>Finds a source.</summary>
    /// <param name="path">An archive or directory; null for Debian's package.</param>
    /// <param name="error">What is missing and how to get it, when null is returned.</param>
    public static KernelSource? Find(string? path, out string error)
    {
        error = "";
        if (path is null)
        {
            error = $"{DebianPath} is missing: apt-get install linux-source-6.12";
            return File.Exists(DebianPath) ? new KernelSource(DebianPath, isDirectory: false) : null;
        }

        string full = System.IO.Path.GetFullPath(path);
        if (File.Exists(full))
        {
            return new KernelSource(full, isDirectory: false);
        }

        if (File.Exists(System.IO.Path.Combine(full, "arch/um/Makefile")))
        {
            return new KernelSource(full, isDirectory: true);
        }

        error = Directory.Exists(full)
            ? $"{path} does not hold a Linux source (no arch/um/Makefile)"
            : $"{path} does not exist";
        return null;
    }

    /// <summary>
    /// What tells this source from others: an archive's hash; of a directory the names, sizes and times of its files, since
    /// reading a gigabyte to find that nothing changed would take longer than people wait.
    /// </summary>
    /// <param name="memo">Hashes of archives that were computed before.</param>
    internal string Identify(SourceHashes memo)
    {
        if (!IsDirectory)
        {
            return memo.HashOf(Path);
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IEnumerable<FileInfo> files = new DirectoryInfo(Path)
            .EnumerateFiles("*", SearchOption.AllDirectories)
            .Where(file => !file.FullName.Contains("/.git/", StringComparison.Ordinal))
            .OrderBy(file => file.FullName, StringComparer.Ordinal);
        foreach (FileInfo file in files)
        {
            string name = System.IO.Path.GetRelativePath(Path, file.FullName);
            hash.AppendData(Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{name}\0{file.Length} {file.LastWriteTimeUtc.Ticks}\n")));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
