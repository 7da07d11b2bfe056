using System.CommandLine;
using System.CommandLine.Parsing;
using Orrery.Simulation;

namespace Orrery.Cli.Commands;

/// <summary>The value of <c>--checkpoint-at</c>.</summary>
internal static class CheckpointTime
{
    /// <summary>Adds an error when the value is no time.</summary>
    public static void Check(CommandResult result, Option<string?> option)
    {
        if (result.GetValue(option) is { } text && Parse(text) is null)
        {
            result.AddError($"--checkpoint-at {text}: expected a simulated time with its unit, such as 1.5s");
        }
    }

    /// <summary>The time; null when there is none.</summary>
    public static SimTime? Parse(string? text) => SimTime.TryParse(text, out SimTime time, out _) ? time : null;
}
