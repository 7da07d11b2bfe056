using System.Diagnostics.CodeAnalysis;
using System.Formats.Tar;
using System.Globalization;

namespace Orrery.Interrupts.Conformance.Live;

/// <summary>
/// Debian's arm64 kernel, taken out of its package and kept in the cache. The package is fetched by apt under an
/// architecture and directories of its own and is never installed: the system's package database, its list of
/// architectures and its package lists stay as they are.
/// </summary>
internal static class KernelPackage
{
    // The cloud flavour is a third of the size and has all that is needed built in (KVM, virtio over PCI, its console).
    // The first name exists in Debian 12, whose default kernel is older than the one the specification was checked on.
    private static readonly string[] MetaPackages = ["linux-image-6.12-cloud-arm64", "linux-image-cloud-arm64"];

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>The path of a kernel image, downloaded when the cache has none.</summary>
    public static bool TryFind([NotNullWhen(true)] out string? image, out string problem)
    {
        string cache = LiveCache.Directory("arm64-kernel");
        image = Newest(cache);
        if (image is not null)
        {
            problem = string.Empty;
            return true;
        }

        string work = Path.Combine(cache, $"download.{Environment.ProcessId}");
        try
        {
            return TryDownload(work, out string? package, out problem) && TryUnpack(package, cache, out image, out problem);
        }
        finally
        {
            if (Directory.Exists(work))
            {
                Directory.Delete(work, recursive: true);
            }
        }
    }

    private static string? Newest(string cache)
    {
        string[] images = Directory.GetFiles(cache, "vmlinuz-*-arm64");
        Array.Sort(images, (x, y) => CultureInfo.InvariantCulture.CompareInfo.Compare(x, y, CompareOptions.NumericOrdering));
        return images.LastOrDefault();
    }

    private static bool TryDownload(string work, [NotNullWhen(true)] out string? package, out string problem)
    {
        package = null;
        Directory.CreateDirectory(Path.Combine(work, "state/lists/partial"));
        Directory.CreateDirectory(Path.Combine(work, "cache/archives/partial"));
        string status = Path.Combine(work, "state/status");
        File.WriteAllText(status, string.Empty);
        string[] ownRoom =
        [
            "-o", "APT::Architecture=arm64", "-o", "APT::Architectures::=arm64",
            "-o", $"Dir::State={work}/state", "-o", $"Dir::State::status={status}", "-o", $"Dir::Cache={work}/cache",
            "-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none",
        ];
        if (!ToolRun.TryRun("apt-get", [.. ownRoom, "update"], work, Limit, out _, out problem))
        {
            return false;
        }

        foreach (string meta in MetaPackages)
        {
            if (ToolRun.TryRun("apt-cache", [.. ownRoom, "depends", meta], work, Limit, out string depends, out problem)
                && ImageIn(depends) is { } name)
            {
                if (!ToolRun.TryRun("apt-get", [.. ownRoom, "download", name], work, Limit, out _, out problem))
                {
                    return false;
                }

                package = Directory.GetFiles(work, "*.deb").SingleOrDefault();
                problem = package is null ? $"apt-get left no file of {name}" : string.Empty;
                return package is not null;
            }
        }

        problem = $"no arm64 kernel found in the package lists (looked for {string.Join(", ", MetaPackages)}): {problem}";
        return false;
    }

    /// <summary>The image package that a metapackage depends on, from the output of <c>apt-cache depends</c>.</summary>
    private static string? ImageIn(string depends)
    {
        const string prefix = "Depends: linux-image-";
        foreach (string line in depends.Split('\n'))
        {
            string trimmed = line.Trim();
            if (trimmed.StartsWith(prefix, StringComparison.Ordinal))
            {
                return trimmed["Depends: ".Length..];
            }
        }

        return null;
    }

    private static bool TryUnpack(string package, string cache, [NotNullWhen(true)] out string? image, out string problem)
    {
        image = null;
        string directory = Path.GetDirectoryName(package)!;
        if (!ToolRun.TryRun(
                "sh", ["-c", "dpkg-deb --fsys-tarfile \"$1\" >data.tar", "sh", package], directory, Limit, out _, out problem))
        {
            return false;
        }

        using var tar = new TarReader(File.OpenRead(Path.Combine(directory, "data.tar")));
        while (tar.GetNextEntry() is { } entry)
        {
            string name = Path.GetFileName(entry.Name);
            if (entry.EntryType is TarEntryType.RegularFile && name.StartsWith("vmlinuz-", StringComparison.Ordinal))
            {
                string to = Path.Combine(cache, name);
                LiveCache.Publish(to, path => entry.ExtractToFile(path, overwrite: true));
                image = to;
                return true;
            }
        }

        problem = $"{Path.GetFileName(package)} holds no kernel image";
        return false;
    }
}
