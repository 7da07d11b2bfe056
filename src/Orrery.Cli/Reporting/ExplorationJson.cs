using System.Text;
using System.Text.Json;
using Orrery.Interrupts.Exploration;

namespace Orrery.Cli.Reporting;

/// <summary>An exploration for other programs.</summary>
internal static class ExplorationJson
{
    public static void Write(TextWriter output, ExploredSystem system, ExplorationResult result)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("verdict", result.Verdict switch
            {
                Verdict.Holds => "holds",
                Verdict.Violated => "violated",
                Verdict.StateLimitReached => "state limit reached",
                _ => "memory limit reached",
            });
            WriteSystem(json, system);
            json.WriteNumber("states", result.States);
            json.WriteNumber("transitions", result.Transitions);
            json.WriteNumber("depth", result.Depth);
            json.WriteNumber("memory_bytes", result.MemoryBytes);
            json.WriteNumber("search_seconds", result.SearchTime.TotalSeconds);
            json.WriteNumber("search_processor_seconds", result.SearchProcessorTime.TotalSeconds);
            json.WriteNumber("total_seconds", result.TotalTime.TotalSeconds);
            json.WriteStartArray("hold");
            foreach (string property in result.Checked)
            {
                json.WriteStringValue(property);
            }

            json.WriteEndArray();
            json.WriteStartArray("violated");
            foreach (Counterexample found in result.Counterexamples)
            {
                Write(json, found);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
    }

    private static void WriteSystem(Utf8JsonWriter json, ExploredSystem system)
    {
        json.WriteString("profile", ExplorationText.NameOf(system.Profile));
        json.WriteString("mutant", system.Mutant);
        json.WriteNumber("vms", system.Options.Machines);
        json.WriteNumber("cpus", system.Options.VcpusPerMachine);
        json.WriteNumber("host_cpus", system.Options.HostCpus);
        json.WriteStartArray("events");
        foreach ((string name, Interrupts.Routing.Repertoire known, _) in ExplorationText.Events)
        {
            if ((system.Options.Repertoire & known) != 0)
            {
                json.WriteStringValue(name);
            }
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Counterexample found)
    {
        json.WriteStartObject();
        json.WriteString("property", found.Property);
        json.WriteString("claim", found.Claim);
        json.WriteBoolean("shortest", found.IsShortest);
        if (found.CycleStart is { } cycleStart)
        {
            json.WriteNumber("cycle_start", cycleStart);
        }

        json.WriteStartObject("start");
        foreach (FieldValue field in found.Start)
        {
            json.WriteString(field.Field, field.Value);
        }

        json.WriteEndObject();
        json.WriteStartArray("steps");
        foreach (TraceStep step in found.Steps)
        {
            json.WriteStartObject();
            json.WriteString("actor", step.Actor);
            json.WriteString("action", step.Action);
            json.WriteStartObject("changes");
            foreach (FieldChange change in step.Changes)
            {
                json.WriteStartArray(change.Field);
                json.WriteStringValue(change.Before);
                json.WriteStringValue(change.After);
                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
