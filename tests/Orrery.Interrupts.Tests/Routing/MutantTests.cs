using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Orrery.Interrupts.Exploration;
using Orrery.Interrupts.Routing;
using Xunit;

namespace Orrery.Interrupts.Tests.Routing;

/// <summary>Every mutant is killed: by which property, and by how short a run.</summary>
public partial class MutantTests
{
    [Theory]
    [MemberData(nameof(Page))]
    public void Each_is_killed(string name, string property, int steps)
    {
        RoutingMutant mutant = RoutingMutant.All.Single(m => m.Name == name);
        Counterexample found = RoutingExploration.Explore(mutant.Profile, mutant.Options).Counterexample!;
        Assert.Equal((property, steps, true), (found.Property, found.Steps.Count, found.IsShortest));
    }

    [Fact]
    public void Each_is_on_the_page() =>
        Assert.Equal(RoutingMutant.All.Select(m => m.Name).Order(), Page().Select(row => (string)row[0]).Order());

    [Fact]
    public void Each_rule_has_a_mutant_that_breaks_it() =>
        Assert.Empty(Enum.GetValues<Rule>().Except(RoutingMutant.All.Select(m => m.Options.Broken)));

    /// <summary>A mutant's system with its rule kept holds everything: it is the rule that its property tells of.</summary>
    [Fact]
    public void With_the_rule_kept_nothing_is_found()
    {
        var systems = RoutingMutant.All.Where(m => m.Options.Broken != Rule.None)
            .Select(m => (m.Profile, Options: m.Options with { Broken = Rule.None })).Distinct();
        foreach ((RoutingProfile profile, RoutingOptions options) in systems.Where(system => system.Options.Machines == 1))
        {
            ProfileTests.AssertHolds(profile, options);
        }
    }

    /// <summary>No property is vacuous: each is violated by some mutant, asked for it alone.</summary>
    [Theory]
    [InlineData("S6", "swapped-ids", 6)]
    [InlineData("L2", "restore-input", 13)]
    [InlineData("L6", "lower-at-eoi", 28)]
    public void Each_property_finds_somebody(string property, string mutantName, int steps)
    {
        RoutingMutant mutant = RoutingMutant.All.Single(m => m.Name == mutantName);
        Counterexample found = RoutingExploration.Explore(
            mutant.Profile, mutant.Options, new ExplorationOptions { Properties = [property] }).Counterexample!;
        Assert.Equal(steps, found.Steps.Count);
    }

    [Fact]
    [Scenario("R33")]
    public void A_user_that_skips_the_word_once_loses_the_interrupt() => AssertLost("ignore-eintr");

    [Fact]
    [Scenario("P21")]
    public void A_controller_saved_before_its_timer_loses_the_interrupt() => AssertLost("save-in-pieces");

    [Fact]
    [Scenario("P22")]
    public void An_input_restored_and_not_recomputed_is_stuck_high()
    {
        RoutingMutant mutant = RoutingMutant.All.Single(m => m.Name == "restore-input");
        Counterexample found = RoutingExploration.Explore(
            mutant.Profile, mutant.Options, new ExplorationOptions { Properties = ["L2"] }).Counterexample!;
        Assert.Contains(found.Steps, step => step.Action.StartsWith("saves, restores", StringComparison.Ordinal));
        ProfileTests.AssertHolds(mutant.Profile, mutant.Options with { Broken = Rule.None });
    }

    [Fact]
    [Scenario("R37")]
    public void A_machine_with_its_controller_in_the_kernel_starves_behind_a_disabled_interrupt()
    {
        RoutingMutant mutant = RoutingMutant.All.Single(m => m.Name == "gate-by-enable");
        Counterexample starved = RoutingExploration.Explore(
            mutant.Profile, mutant.Options, new ExplorationOptions { Properties = ["L1"] }).Counterexample!;
        IEnumerable<TraceStep> cycle = starved.Steps.Skip(starved.CycleStart!.Value);
        Assert.Contains(cycle, step => step is { Actor: "kernel B", Action: "enters the guest" });
        Assert.Contains(starved.Steps.SelectMany(step => step.Changes), change => change is { Field: "gate", After: "disabled" });
    }

    /// <summary>The table of docs/explorer.md: mutant, property, steps.</summary>
    public static TheoryData<string, string, int> Page()
    {
        var rows = new TheoryData<string, string, int>();
        foreach (string line in File.ReadLines(Path.Combine(Folder(), "..", "..", "..", "docs", "explorer.md")))
        {
            Match row = MutantRow().Match(line);
            if (row.Success)
            {
                rows.Add(row.Groups[1].Value, row.Groups[2].Value, int.Parse(row.Groups[3].Value, CultureInfo.InvariantCulture));
            }
        }

        return rows;
    }

    [GeneratedRegex(@"^\| `([a-z-]+)` \| (\w+) \| (\d+) \|$")]
    private static partial Regex MutantRow();

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;

    private static void AssertLost(string name)
    {
        RoutingMutant mutant = RoutingMutant.All.Single(m => m.Name == name);
        Counterexample found = RoutingExploration.Explore(
            mutant.Profile, mutant.Options, new ExplorationOptions { Properties = ["L1"] }).Counterexample!;
        Assert.Equal("L1", found.Property);
        Assert.DoesNotContain(
            found.Steps.Skip(found.CycleStart!.Value), step => step.Action.StartsWith("refuses", StringComparison.Ordinal));
    }
}
