using System.Text.Json.Serialization;

namespace Orrery.Machines.Programs;

/// <summary>How the states of programs are written and read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(EchoState))]
[JsonSerializable(typeof(FlowState))]
[JsonSerializable(typeof(PingState))]
[JsonSerializable(typeof(ShellState))]
internal sealed partial class ProgramStateJson : JsonSerializerContext;
