using System.Text.Json;
using Xunit;

namespace Orrery.Cli.Tests.Commands;

public class IrqExploreCommandTests
{
    [Fact]
    public void What_holds_is_success()
    {
        CommandResult result = OrreryProcess.Run("irq", "explore", "--events", "signals", "--property", "S1", "--property", "L1");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("\nhold: S1, L1\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_violated_is_failure_and_is_shown()
    {
        CommandResult result = OrreryProcess.Run("irq", "explore", "--mutant", "unsigned-tval", "--property", "S5");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("violated: S5", result.Output, StringComparison.Ordinal);
        Assert.Contains("   1  guest  writes TVAL = -1", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4 vCPUs on 2 CPUs: at most 2 of each", "--cpus", "2", "--vms", "2")]
    [InlineData("--cpus is 1 or 2", "--cpus", "0")]
    [InlineData("--property 'L9' is unknown; expected one of S1, S2", "--property", "L9")]
    [InlineData("--mutant 'x' is unknown; orrery irq explore --list", "--mutant", "x")]
    [InlineData("--events 'x' is unknown", "--events", "wfi,x")]
    [InlineData("--profile 'x' is unknown; expected literal, repaired, upstream or apple", "--profile", "x")]
    [InlineData("--states is at least 1", "--states", "0")]
    public void Wrong_usage_says_what_was_expected(string expected, params string[] arguments)
    {
        CommandResult result = OrreryProcess.Run(["irq", "explore", .. arguments]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--states", "1000", "unfinished: the limit of 1,000 states (--states) is reached; all runs of ")]
    [InlineData("--memory", "16", "unfinished: the limit of 16 MiB (--memory) is reached; all runs of ")]
    public void A_limit_is_named_and_is_no_success(string option, string value, string expected)
    {
        CommandResult result = OrreryProcess.Run("irq", "explore", "--vms", "2", option, value);
        Assert.Equal(3, result.ExitCode);
        Assert.Contains(expected, result.Output, StringComparison.Ordinal);
        Assert.Contains("undecided: S1, S2", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_the_verdict_and_the_run()
    {
        CommandResult result = OrreryProcess.Run("irq", "explore", "--profile", "literal", "--property", "L4", "--json");
        Assert.Equal(1, result.ExitCode);
        JsonElement root = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal("violated", root.GetProperty("verdict").GetString());
        JsonElement livelock = root.GetProperty("violated")[0];
        Assert.Equal(("L4", 6, 12), (livelock.GetProperty("property").GetString(),
            livelock.GetProperty("cycle_start").GetInt32(), livelock.GetProperty("steps").GetArrayLength()));
    }
}
