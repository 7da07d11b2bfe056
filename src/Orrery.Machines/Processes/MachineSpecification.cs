using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orrery.Machines.Processes;

/// <summary>A machine that runs as a process of its own, as the process is told.</summary>
public sealed record MachineSpecification
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>How it introduces itself to the calendar.</summary>
    public required ulong Id { get; init; }

    /// <summary>The calendar's socket.</summary>
    public required string Calendar { get; init; }

    /// <summary>It uses schedule memory where the calendar offers it.</summary>
    public bool ScheduleMemory { get; init; } = true;

    /// <summary>The vhost-user socket of the console its program writes to; null: standard output.</summary>
    public string? Output { get; init; }

    /// <summary>The vhost-user socket of the console it reports on; null: standard error.</summary>
    public string? Control { get; init; }

    /// <summary>Its network cards.</summary>
    public IReadOnlyList<CardSpecification> Cards { get; init; } = [];

    /// <summary>Names it resolves, with their addresses.</summary>
    public IReadOnlyDictionary<string, string> Hosts { get; init; } = new Dictionary<string, string>();

    /// <summary>Its interrupt chip is a GICv2; else a GICv3.</summary>
    public bool GicV2 { get; init; }

    /// <summary>Time between an interrupt that is pending and its handler, in nanoseconds.</summary>
    public ulong InterruptLatencyNs { get; init; }

    /// <summary>Its program, with arguments.</summary>
    public IReadOnlyList<string> Program { get; init; } = [];

    /// <summary>The assembly that the program's class is in; null: the program is one of Orrery's own.</summary>
    public string? Assembly { get; init; }

    /// <summary>What is typed at its serial line.</summary>
    public IReadOnlyList<TypedText> Typed { get; init; } = [];

    /// <summary>When it ends by itself, in simulated nanoseconds; null: when its calendar does.</summary>
    public ulong? EndNs { get; init; }

    /// <summary>The specification as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, MachineSpecificationJson.Default.MachineSpecification);

    /// <summary>Reads a specification.</summary>
    /// <returns>Null, and in <paramref name="error"/> why, when it is none.</returns>
    public static MachineSpecification? Parse(string json, out string error)
    {
        try
        {
            error = "";
            return JsonSerializer.Deserialize(json, MachineSpecificationJson.Default.MachineSpecification);
        }
        catch (JsonException e)
        {
            error = e.Message;
            return null;
        }
    }
}

/// <summary>A network card of a machine in a process of its own.</summary>
/// <param name="Socket">The vhost-user socket of its device.</param>
/// <param name="Mac">Its address.</param>
/// <param name="Addresses">Its addresses with the lengths of their prefixes: <c>10.0.0.1/24</c>.</param>
public sealed record CardSpecification(string Socket, string Mac, IReadOnlyList<string> Addresses);

/// <summary>Something typed at a machine's serial line.</summary>
/// <param name="AtNs">When, in simulated nanoseconds.</param>
/// <param name="Text">What, sent as UTF-8.</param>
public sealed record TypedText(ulong AtNs, string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MachineSpecification))]
internal sealed partial class MachineSpecificationJson : JsonSerializerContext;
