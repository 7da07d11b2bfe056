using System.Globalization;
using System.Text;
using Orrery.Virtio;

namespace Orrery.Lab.Guests;

/// <summary>What process 1 of a Linux node says.</summary>
public enum GuestMessageKind
{
    /// <summary><c>ready</c>: names and addresses are set, the commands begin.</summary>
    Ready,

    /// <summary><c>start N</c>: command N (from 1) begins.</summary>
    Start,

    /// <summary><c>exit N STATUS</c>: command N has ended.</summary>
    Exit,

    /// <summary><c>done STATUS</c>: no command follows; the status is the last one's, 0 when there was none.</summary>
    Done,

    /// <summary><c>failed TEXT</c>: the node cannot become what the lab file says.</summary>
    Failed,
}

/// <summary>A message of process 1.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Command">The command it is about, from 1; else 0.</param>
/// <param name="Status">The exit status, of <see cref="GuestMessageKind.Exit"/> and <see cref="GuestMessageKind.Done"/>.</param>
/// <param name="Text">The text of <see cref="GuestMessageKind.Failed"/>.</param>
public readonly record struct GuestMessage(GuestMessageKind Kind, int Command = 0, int Status = 0, string Text = "");

/// <summary>
/// The control console of a Linux node (<c>hvc1</c>): lines <c>orrery: MESSAGE</c>, written by <c>init.sh</c>. Programs of the
/// node can write there too, so that a line which is none of the messages is skipped, not believed.
/// </summary>
public sealed class GuestControl(Action<GuestMessage> receiver) : IConsoleBackend
{
    private const int LineBytesMax = 1024;
    private const string Prefix = "orrery: ";

    private readonly byte[] _line = new byte[LineBytesMax];
    private int _length;

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (value is (byte)'\n' or (byte)'\r')
            {
                if (TryParse(Encoding.UTF8.GetString(_line, 0, _length), out GuestMessage message))
                {
                    receiver(message);
                }

                _length = 0;
            }
            else if (_length < LineBytesMax)
            {
                _line[_length++] = value;
            }
        }
    }

    /// <summary>Reads one line, without its end.</summary>
    /// <returns>False when it is no message.</returns>
    public static bool TryParse(string line, out GuestMessage message)
    {
        message = default;
        if (!line.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        string text = line[Prefix.Length..];
        string[] words = text.Split(' ');
        if (words[0] == "failed")
        {
            message = new GuestMessage(GuestMessageKind.Failed, Text: text["failed".Length..].TrimStart());
            return true;
        }

        Span<int> numbers = stackalloc int[2];
        for (int i = 1; i < words.Length; i++)
        {
            if (i > numbers.Length
                || !int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i - 1]))
            {
                return false;
            }
        }

        GuestMessage? parsed = (words[0], words.Length) switch
        {
            ("ready", 1) => new GuestMessage(GuestMessageKind.Ready),
            ("start", 2) => new GuestMessage(GuestMessageKind.Start, numbers[0]),
            ("exit", 3) => new GuestMessage(GuestMessageKind.Exit, numbers[0], numbers[1]),
            ("done", 2) => new GuestMessage(GuestMessageKind.Done, Status: numbers[0]),
            _ => null,
        };
        message = parsed.GetValueOrDefault();
        return parsed is not null;
    }
}
