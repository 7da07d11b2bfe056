using System.Globalization;
using System.Text;
using Orrery.Network;
using Orrery.Simulation;

namespace Orrery.Lab.Records;

/// <summary>Records in words.</summary>
public static class RecordText
{
    private const int ShownMax = 320;

    /// <summary>What a record says: a frame's summary, a console's bytes as text, a life-cycle event.</summary>
    public static string Describe(StoredRecord record) => record.Kind switch
    {
        RecordKind.Frame => FrameSummary.Describe(record.Payload),
        RecordKind.Console => Quote(record.Payload),
        RecordKind.LifeCycle or RecordKind.Log => Encoding.UTF8.GetString(record.Payload),
        _ => $"{record.Payload.Length} bytes {Convert.ToHexStringLower(record.Payload.AsSpan(0, Math.Min(32, record.Payload.Length)))}",
    };

    /// <summary>When, who, and what a record says, on one line.</summary>
    public static string Line(StoredRecord record) =>
        string.Create(CultureInfo.InvariantCulture, $"{Seconds(record.Time)}  {record.Source}: {Describe(record)}");

    /// <summary>A time in seconds with all its nanoseconds.</summary>
    public static string Seconds(SimTime time)
    {
        (ulong whole, ulong ns) = Math.DivRem(time.Nanoseconds, 1_000_000_000UL);
        return string.Create(CultureInfo.InvariantCulture, $"{whole}.{ns:D9} s");
    }

    private static string Quote(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("\"");
        foreach (char c in Encoding.UTF8.GetString(bytes[..Math.Min(ShownMax, bytes.Length)]))
        {
            text.Append(c switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '"' => "\\\"",
                '\\' => "\\\\",
                < ' ' or '\x7f' => $"\\x{(int)c:x2}",
                _ => c.ToString(),
            });
        }

        return text.Append(bytes.Length > ShownMax ? "\"..." : "\"").ToString();
    }
}
