using System.CommandLine;
using Orrery.Simulation;

namespace Orrery.Cli.Commands;

/// <summary>The options of a run that bound what it takes: <c>--jobs</c>, <c>--split</c>, <c>--pace</c> and <c>--timeout</c>.</summary>
internal sealed class RunLimits
{
    private const int JobsMax = 1024;
    private const double SecondsMax = 1e6; // 11 days; a timer holds no more than 49

    private static readonly Dictionary<string, GroupSplitting> Splittings = new()
    {
        ["auto"] = GroupSplitting.WhenItPays,
        ["always"] = GroupSplitting.Always,
        ["never"] = GroupSplitting.Never,
    };

    public Option<int?> Jobs { get; } = NumberOption.Create<int>(
        "--jobs", "N", "Worker threads; 0: one per core.", jobs => jobs is >= 0 and <= JobsMax, $"0 (one per core) to {JobsMax}", "-j");

    public Option<string> Split { get; } = CreateSplit();

    public Option<double?> Pace { get; } = NumberOption.Create<double>(
        "--pace", "X", "Simulated seconds per wall-clock second, at most.",
        pace => pace > 0 && double.IsFinite(pace), "a number above 0; 1 is real time");

    public Option<double?> Timeout { get; } = NumberOption.Create<double>(
        "--timeout", "SECONDS", "Wall-clock limit in seconds, without a build of the kernel.",
        seconds => seconds is > 0 and <= SecondsMax, $"seconds above 0, at most {SecondsMax}");

    /// <summary>The wall-clock limit, or null.</summary>
    public TimeSpan? TimeoutOf(ParseResult parsed) => parsed.GetValue(Timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Whether workers share nodes that wires join.</summary>
    public GroupSplitting SplittingOf(ParseResult parsed) => Splittings[parsed.GetValue(Split)!];

    private static Option<string> CreateSplit()
    {
        var split = new Option<string>("--split")
        {
            Description = "Whether nodes that a wire joins may run on different cores: auto (while it pays), always, never.",
            HelpName = "WHEN",
            DefaultValueFactory = _ => "auto",
        };
        split.AcceptOnlyFromAmong([.. Splittings.Keys]);
        return split;
    }
}
