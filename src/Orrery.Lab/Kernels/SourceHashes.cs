using System.Globalization;
using System.Security.Cryptography;

namespace Orrery.Lab.Kernels;

/// <summary>
/// Remembers the hashes of archives by path, size and time, so that finding a cached kernel does not read 150 MB. A lost
/// or damaged memory costs one reading.
/// </summary>
/// <param name="file">Where the memory is kept: one line per archive.</param>
internal sealed class SourceHashes(string file)
{
    /// <summary>The SHA-256 of the file at <paramref name="path"/>, in hexadecimal.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal string HashOf(string path)
    {
        var information = new FileInfo(path);
        string stamp = string.Create(
            CultureInfo.InvariantCulture, $"{information.Length} {information.LastWriteTimeUtc.Ticks} {path}");
        string[] known = Read();
        if (known.FirstOrDefault(line => line.EndsWith(" " + stamp, StringComparison.Ordinal)) is { } match)
        {
            return match[..(match.Length - stamp.Length - 1)];
        }

        using FileStream content = File.OpenRead(path);
        string hash = Convert.ToHexStringLower(SHA256.HashData(content));
        Remember([.. known.Where(line => !line.EndsWith(" " + path, StringComparison.Ordinal)), $"{hash} {stamp}"]);
        return hash;
    }

    private string[] Read()
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private void Remember(IReadOnlyList<string> lines)
    {
        try
        {
            string draft = $"{file}.{Environment.ProcessId}";
            File.WriteAllLines(draft, lines);
            File.Move(draft, file, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A read-only cache: the next run hashes again.
        }
    }
}
