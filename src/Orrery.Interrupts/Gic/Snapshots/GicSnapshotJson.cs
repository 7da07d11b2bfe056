using System.Globalization;
using System.Text;
using System.Text.Json;
using Orrery.Interrupts.Gic.Kvm;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.Timers;

namespace Orrery.Interrupts.Gic.Snapshots;

/// <summary>
/// The text form of a <see cref="GicSnapshot"/>: JSON with a format name and a version, numbers as hexadecimal strings.
/// Reading names the place of the first mistake (<c>attributes[3].value</c>, or line and byte where the text is no JSON).
/// </summary>
public static class GicSnapshotJson
{
    /// <summary>The value of <c>format</c>.</summary>
    public const string Format = "orrery-gic";

    /// <summary>The version that is written, and the only one that is read.</summary>
    public const int Version = 1;

    /// <summary>A longer text is refused unread. The largest GIC, of 512 CPUs, needs a third of it.</summary>
    public const int LengthMax = 16 << 20;

    private static readonly JsonWriterOptions s_indented = new() { Indented = true };

    /// <summary>The text of a snapshot; one attribute to a line.</summary>
    public static string Write(GicSnapshot snapshot)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, s_indented))
        {
            writer.WriteStartObject();
            writer.WriteString("format", Format);
            writer.WriteNumber("version", Version);
            writer.WriteString("kind", KindName(snapshot.Kind));
            writer.WriteNumber("intids", snapshot.IntidCount);
            writer.WriteStartArray("cpus");
            foreach (Affinity cpu in snapshot.Cpus)
            {
                writer.WriteStringValue(cpu.ToString());
            }

            writer.WriteEndArray();
            writer.WriteStartArray("attributes");
            foreach ((VgicAttribute attribute, ulong value) in snapshot.Attributes)
            {
                writer.WriteStartObject();
                writer.WriteString("group", attribute.Group.KernelName());
                writer.WriteString("attr", $"0x{attribute.Attr:X}");
                writer.WriteString("value", $"0x{value:X}");
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            if (snapshot.Timers.Count > 0)
            {
                WriteTimers(writer, snapshot.Timers);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length) + "\n";
    }

    /// <summary>The snapshot in a text, or the first mistake. What the registers hold is checked by <see cref="GicRestore"/>.</summary>
    public static SnapshotResult<GicSnapshot> Read(string text)
    {
        if (text.Length > LengthMax)
        {
            return SnapshotResult<GicSnapshot>.Failed("text", $"{text.Length} characters are more than {LengthMax}");
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(Encoding.UTF8.GetBytes(text));
        }
        catch (JsonException e)
        {
            return SnapshotResult<GicSnapshot>.Failed($"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}", "is no JSON");
        }

        using (document)
        {
            var reader = new Reader();
            try
            {
                GicSnapshot? snapshot = reader.Read(document.RootElement);
                return snapshot is not null
                    ? SnapshotResult<GicSnapshot>.Of(snapshot)
                    : SnapshotResult<GicSnapshot>.Failed(reader.Error!.Place, reader.Error.Problem);
            }
            catch (InvalidOperationException)
            {
                // The library's only word on an escape such as "\ud800", and only when the string is looked at.
                return SnapshotResult<GicSnapshot>.Failed("text", "has a string with half of a surrogate pair");
            }
        }
    }

    private static void WriteTimers(Utf8JsonWriter writer, IReadOnlyList<TimerRegisters> timers)
    {
        writer.WriteStartArray("timers");
        foreach (TimerRegisters vcpu in timers)
        {
            writer.WriteStartObject();
            writer.WriteString("cntv_ctl", $"0x{vcpu.VirtualControl:X}");
            writer.WriteString("cntv_cval", $"0x{vcpu.VirtualCompareValue:X}");
            writer.WriteString("cntvct", $"0x{vcpu.VirtualCount:X}");
            writer.WriteString("cntp_ctl", $"0x{vcpu.PhysicalControl:X}");
            writer.WriteString("cntp_cval", $"0x{vcpu.PhysicalCompareValue:X}");
            writer.WriteString("cntpct", $"0x{vcpu.PhysicalCount:X}");
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string KindName(VgicKind kind) => kind == VgicKind.GicV2 ? "gicv2" : "gicv3";

    /// <summary>Walks a document and keeps the first mistake.</summary>
    private sealed class Reader
    {
        private static readonly string[] s_fields = ["format", "version", "kind", "intids", "cpus", "attributes"];

        public SnapshotError? Error { get; private set; }

        public GicSnapshot? Read(JsonElement root)
        {
            bool hasTimers = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("timers", out _);
            if (!HasFields(root, "snapshot", [.. s_fields, .. hasTimers ? ["timers"] : Array.Empty<string>()]))
            {
                return null;
            }

            string? format = Text(root, "", "format");
            if (format != Format)
            {
                return Fail("format", $"'{format}' is not '{Format}'");
            }

            if (!root.GetProperty("version").TryGetIntegerValue(out int version) || version != Version)
            {
                return Fail("version", $"is not {Version}, the only version there is");
            }

            VgicKind? kind = Text(root, "", "kind") switch
            {
                "gicv2" => VgicKind.GicV2,
                "gicv3" => VgicKind.GicV3,
                _ => null,
            };
            if (kind is null)
            {
                return Fail("kind", "is neither 'gicv2' nor 'gicv3'");
            }

            if (!root.GetProperty("intids").TryGetIntegerValue(out int intids))
            {
                return Fail("intids", "is no number");
            }

            List<Affinity>? cpus = Items(root, "cpus", ReadAffinity);
            List<AttributeValue>? attributes = cpus is null ? null : Items(root, "attributes", ReadAttribute);
            List<TimerRegisters>? timers = attributes is null ? null : hasTimers ? Items(root, "timers", ReadTimers) : [];
            return timers is null
                ? null
                : new GicSnapshot { Kind = kind.Value, IntidCount = intids, Cpus = cpus!, Attributes = attributes!, Timers = timers };
        }

        private List<T>? Items<T>(JsonElement root, string name, Func<JsonElement, string, T?> read)
            where T : struct
        {
            JsonElement array = root.GetProperty(name);
            if (array.ValueKind != JsonValueKind.Array)
            {
                Fail(name, "is no array");
                return null;
            }

            var items = new List<T>();
            foreach (JsonElement element in array.EnumerateArray())
            {
                if (read(element, $"{name}[{items.Count}]") is not { } item)
                {
                    return null;
                }

                items.Add(item);
            }

            return items;
        }

        private Affinity? ReadAffinity(JsonElement element, string place)
        {
            string[] parts = element.ValueKind == JsonValueKind.String ? element.GetString()!.Split('.') : [];
            var levels = new byte[4];
            if (parts.Length == 4 && parts.Select((part, i) => byte.TryParse(part, NumberStyles.None, null, out levels[i])).All(ok => ok))
            {
                return new Affinity(levels[0], levels[1], levels[2], levels[3]);
            }

            Fail(place, "is no affinity such as '0.0.1.3'");
            return null;
        }

        private AttributeValue? ReadAttribute(JsonElement element, string place)
        {
            if (!HasFields(element, place, "group", "attr", "value"))
            {
                return null;
            }

            string? name = Text(element, place + ".", "group");
            if (name is null || VgicGroupExtensions.FromKernelName(name) is not { } group)
            {
                Fail($"{place}.group", $"'{name}' is no group of a KVM GIC device");
                return null;
            }

            return Number(element, place, "attr") is { } attr && Number(element, place, "value") is { } value
                ? new AttributeValue(new VgicAttribute(group, attr), value)
                : null;
        }

        private TimerRegisters? ReadTimers(JsonElement element, string place)
        {
            if (!HasFields(element, place, "cntv_ctl", "cntv_cval", "cntvct", "cntp_ctl", "cntp_cval", "cntpct"))
            {
                return null;
            }

            var timers = new TimerRegisters
            {
                VirtualControl = Number(element, place, "cntv_ctl") ?? 0,
                VirtualCompareValue = Number(element, place, "cntv_cval") ?? 0,
                VirtualCount = Number(element, place, "cntvct") ?? 0,
                PhysicalControl = Number(element, place, "cntp_ctl") ?? 0,
                PhysicalCompareValue = Number(element, place, "cntp_cval") ?? 0,
                PhysicalCount = Number(element, place, "cntpct") ?? 0,
            };
            return Error is null ? timers : null;
        }

        private ulong? Number(JsonElement element, string place, string name)
        {
            string? text = Text(element, place + ".", name);
            if (text is not null && text.StartsWith("0x", StringComparison.Ordinal)
                && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, null, out ulong value))
            {
                return value;
            }

            Fail($"{place}.{name}", "is no hexadecimal number of at most 64 bits such as '0x1F'");
            return null;
        }

        private string? Text(JsonElement element, string prefix, string name)
        {
            JsonElement property = element.GetProperty(name);
            if (property.ValueKind == JsonValueKind.String)
            {
                return property.GetString();
            }

            Fail(prefix + name, "is no string");
            return null;
        }

        /// <summary>Exactly these fields, each once.</summary>
        private bool HasFields(JsonElement element, string place, params ReadOnlySpan<string> names)
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                Fail(place, "is no object");
                return false;
            }

            foreach (string name in names)
            {
                if (!element.TryGetProperty(name, out _))
                {
                    Fail(place, $"has no '{name}'");
                    return false;
                }
            }

            int count = 0;
            foreach (JsonProperty property in element.EnumerateObject())
            {
                if (!names.Contains(property.Name))
                {
                    Fail(place, $"has an unknown '{property.Name}'");
                    return false;
                }

                count++;
            }

            if (count != names.Length)
            {
                Fail(place, "has a field twice");
                return false;
            }

            return true;
        }

        private GicSnapshot? Fail(string place, string problem)
        {
            Error ??= new SnapshotError(place, problem);
            return null;
        }
    }

    /// <summary>A JSON number that is an <see cref="int"/>; unlike the library's, never an exception.</summary>
    private static bool TryGetIntegerValue(this JsonElement element, out int value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out value);
    }
}
