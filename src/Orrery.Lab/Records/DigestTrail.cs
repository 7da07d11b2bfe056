using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orrery.Lab.Records;

/// <summary>
/// Where the hashes of a run stood: a line for each stream in each simulated second in which it grew. The first line in which
/// the trails of two runs differ tells the second and the stream. A full disk ends the trail, not the run.
/// </summary>
/// <param name="output">Takes tab-separated lines; disposed of with the trail.</param>
public sealed class DigestTrail(TextWriter output) : IDisposable
{
    private readonly StringBuilder _line = new();
    private bool _hasBegun;

    /// <summary>Why the trail ends before the run; null while it does not.</summary>
    public string? Fault { get; private set; }

    /// <summary>Adds a line.</summary>
    internal void Write(ulong second, DigestStream stream)
    {
        if (Fault is not null)
        {
            return;
        }

        try
        {
            if (!_hasBegun)
            {
                output.Write("second\tstream\tcount\thash\n");
                _hasBegun = true;
            }

            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            stream.GetHash(hash);
            ulong shown = BinaryPrimitives.ReadUInt64BigEndian(hash);
            _line.Clear().Append(CultureInfo.InvariantCulture, $"{second}\t{stream.Name}\t{stream.Fresh}\t{shown:x16}\n");
            output.Write(_line);
        }
        catch (IOException error)
        {
            Break(error);
        }
    }

    /// <summary>Hands what is buffered to the output.</summary>
    internal void Flush()
    {
        try
        {
            output.Flush();
        }
        catch (IOException error)
        {
            Break(error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            output.Dispose();
        }
        catch (IOException error)
        {
            Break(error);
        }
    }

    private void Break(IOException error) => Fault ??= $"the trail of the digests ends early: {error.Message}";
}
