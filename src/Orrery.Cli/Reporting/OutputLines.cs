using System.Text;

namespace Orrery.Cli.Reporting;

/// <summary>Puts the bytes of several nodes together to lines of text, each at most <see cref="LineBytesMax"/> long.</summary>
internal sealed class OutputLines
{
    private const int LineBytesMax = 4096;

    private readonly Dictionary<int, List<byte>> _partial = [];

    public void Add(int node, ReadOnlySpan<byte> bytes, Action<string> emit)
    {
        if (!_partial.TryGetValue(node, out List<byte>? line))
        {
            _partial.Add(node, line = []);
        }

        foreach (byte value in bytes)
        {
            if (value == '\n' || line.Count == LineBytesMax)
            {
                emit(Printable(line));
                line.Clear();
            }

            if (value != '\n')
            {
                line.Add(value);
            }
        }
    }

    // A guest is not trusted with the user's terminal: control characters stay out of it.
    private static string Printable(List<byte> line)
    {
        string text = Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
        return text.Any(c => char.IsControl(c) && c != '\t')
            ? string.Concat(text.Select(c => char.IsControl(c) && c != '\t' ? '\uFFFD' : c))
            : text;
    }
}
