using System.Text;

namespace Orrery.Lab.Guests;

/// <summary>A file that takes what a guest prints, up to a limit: a guest that prints for ever must not fill the disk.</summary>
/// <param name="path">The file, which is replaced; null writes nothing.</param>
/// <param name="bytesMax">The limit.</param>
/// <remarks>A full disk ends the file, and a folder that has gone makes none: neither ends the run.</remarks>
internal sealed class BoundedLog(string? path, long bytesMax) : IDisposable
{
    // Unbuffered: the last lines of a guest are there when Orrery is killed.
    private readonly FileStream? _file = path is null ? null : Open(path);

    private long _written;
    private long _dropped;

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> kept = bytes[..(int)Math.Min(bytes.Length, bytesMax - _written)];
        if (!kept.IsEmpty && !TryAppend(kept))
        {
            kept = [];
        }

        _written += kept.Length;
        _dropped += bytes.Length - kept.Length;
    }

    private static FileStream? Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_dropped > 0)
        {
            TryAppend(Encoding.UTF8.GetBytes($"\n[orrery: {_dropped} more bytes dropped, the limit is {bytesMax}]\n"));
        }

        _file?.Dispose();
    }

    private bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _file?.Write(bytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
