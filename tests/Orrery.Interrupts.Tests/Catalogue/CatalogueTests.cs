using System.Runtime.CompilerServices;
using Xunit;

namespace Orrery.Interrupts.Tests.Catalogue;

public class CatalogueTests
{
    private readonly ScenarioCatalogue _catalogue = ScenarioCatalogue.Load();

    [Fact]
    public void There_are_137_scenarios_each_once() =>
        Assert.Equal(137, _catalogue.Scenarios.Select(s => s.Id).Distinct().Count());

    [Fact]
    public void Tests_name_only_scenarios_of_the_catalogue() =>
        Assert.Empty(_catalogue.Checks.Select(c => c.Key).Except(_catalogue.Scenarios.Select(s => s.Id)));

    [Fact]
    public void Every_scenario_is_a_test_on_a_model() =>
        Assert.Empty(_catalogue.Scenarios.Where(s => !IsChecked(s, CheckedBy.Model)).Select(s => s.Id));

    [Fact]
    public void Every_scenario_is_checked_on_KVM_or_says_why_not() =>
        Assert.Empty(_catalogue.Scenarios.Where(s => IsChecked(s, CheckedBy.Live) == s.WhyNotLive is not null).Select(s => s.Id));

    /// <summary>With ORRERY_WRITE_DOCS=1 it writes the page instead.</summary>
    [Fact]
    public void The_page_is_current()
    {
        string page = PagePath();
        string rendered = _catalogue.Render();
        if (Environment.GetEnvironmentVariable("ORRERY_WRITE_DOCS") == "1")
        {
            File.WriteAllText(page, rendered);
        }

        Assert.True(
            File.ReadAllText(page) == rendered,
            "docs/irq-catalogue.md is stale: run scripts/update-irq-catalogue.sh and commit the page.");
    }

    private bool IsChecked(Scenario scenario, CheckedBy where) => _catalogue.Checks[scenario.Id].Any(c => c.By.HasFlag(where));

    private static string PagePath([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", "irq-catalogue.md");
}
