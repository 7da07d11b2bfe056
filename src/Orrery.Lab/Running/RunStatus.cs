using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orrery.Lab.Running;

/// <summary>How a run ended. The value is the exit status of <c>orrery run</c> (docs/results.md).</summary>
public enum RunStatus
{
    /// <summary>Every node passed.</summary>
    [JsonStringEnumMemberName("passed")]
    Passed = 0,

    /// <summary>A node's command failed.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed = 1,

    /// <summary>Wrong usage, a wrong lab file, or something the lab needs is missing.</summary>
    [JsonStringEnumMemberName("unusable")]
    Unusable = 2,

    /// <summary>The wall-clock limit of the run passed.</summary>
    [JsonStringEnumMemberName("out_of_time")]
    OutOfTime = 3,

    /// <summary>A participant broke the protocol, crashed, or never gave its turn back.</summary>
    [JsonStringEnumMemberName("participant_fault")]
    ParticipantFault = 4,

    /// <summary>Nothing can ever happen again, and the end that the lab waits for has not come.</summary>
    [JsonStringEnumMemberName("idle")]
    Idle = 5,

    /// <summary>The lab was run twice (<c>--twice</c>), and the runs differ.</summary>
    [JsonStringEnumMemberName("different")]
    Different = 6,

    /// <summary>Ended by the user (SIGINT), as a shell reports it.</summary>
    [JsonStringEnumMemberName("interrupted")]
    Interrupted = 130,
}

/// <summary>What a status is called.</summary>
public static class RunStatusWords
{
    /// <summary>The word that <c>result.json</c> has for it.</summary>
    public static string Word(this RunStatus status)
        => JsonSerializer.SerializeToElement(status, RunResultJson.Default.RunStatus).GetString()!;
}
