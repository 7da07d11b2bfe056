using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orrery.Lab.Files;

/// <summary>What became of a lab file, as JSON (<c>orrery check --json</c>; docs/labs.md, "Checking").</summary>
public static class LabJson
{
    // For people and programs, never for a web page: apostrophes stay readable.
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary><c>{ "ok", "diagnostics": […], "lab": {…} }</c>; the lab is there when it is ok. Times are in nanoseconds.</summary>
    public static string Write(LabFileResult result)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok", result.Lab is not null);
            json.WriteStartArray("diagnostics");
            foreach (LabDiagnostic diagnostic in result.Diagnostics)
            {
                WriteDiagnostic(json, diagnostic);
            }

            json.WriteEndArray();
            if (result.Lab is not null)
            {
                WriteLab(json, result.Lab);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void WriteDiagnostic(Utf8JsonWriter json, LabDiagnostic diagnostic)
    {
        json.WriteStartObject();
        json.WriteString("severity", diagnostic.IsWarning ? "warning" : "error");
        json.WriteString("file", diagnostic.File);
        json.WriteNumber("line", diagnostic.Line);
        json.WriteNumber("column", diagnostic.Column);
        json.WriteString("found", diagnostic.Found);
        json.WriteString("expected", diagnostic.Expected);
        json.WriteEndObject();
    }

    private static void WriteLab(Utf8JsonWriter json, LabDefinition lab)
    {
        json.WriteStartObject("lab");
        json.WriteString("title", lab.Title);
        json.WriteNumber("seed", lab.Seed);
        json.WriteString("start", WallClock.Format(lab.StartUnixNs));
        json.WriteString("until", lab.Until.ToString());
        json.WriteNumber("epoch_ns", lab.Calendar.Epoch.Nanoseconds);
        json.WriteStartArray("nodes");
        foreach (NodeDefinition node in lab.Nodes)
        {
            WriteNode(json, lab, node);
        }

        json.WriteEndArray();
        json.WriteStartArray("networks");
        foreach (NetworkDefinition network in lab.Networks)
        {
            WriteNetwork(json, lab, network);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNode(Utf8JsonWriter json, LabDefinition lab, NodeDefinition node)
    {
        json.WriteStartObject();
        json.WriteString("name", node.Name);
        json.WriteString("kind", node.Kind);
        json.WriteNumber("start_ns", node.Start.Nanoseconds);
        json.WriteBoolean("schedule_memory", node.ScheduleMemory);
        switch (node)
        {
            case LinuxNode linux:
                json.WriteNumber("memory_bytes", linux.MemoryBytes);
                WriteStrings(json, "run", linux.Run);
                break;
            case MachineNode machine:
                WriteStrings(json, "program", machine.Program);
                break;
        }

        json.WriteStartArray("interfaces");
        foreach (InterfaceDefinition eth in node.Interfaces)
        {
            json.WriteStartObject();
            json.WriteString("name", eth.Name);
            json.WriteString("mac", eth.Mac.ToString());
            WriteStrings(json, "addresses", eth.Addresses.Select(address => address.ToString()));
            json.WriteString("network", lab.Networks[eth.Network].Name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNetwork(Utf8JsonWriter json, LabDefinition lab, NetworkDefinition network)
    {
        json.WriteStartObject();
        json.WriteString("name", network.Name);
        json.WriteString("kind", network is LinkDefinition ? "link" : "segment");
        json.WriteNumber("delay_ns", network.Delay.Nanoseconds);
        json.WriteBoolean("capture", network.Capture);
        WriteStrings(json, "ports", network.Ports.Select(port => $"{lab.Nodes[port.Node].Name}.eth{port.Interface}"));
        json.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
