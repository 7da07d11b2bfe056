using System.Runtime.CompilerServices;
using Xunit;

namespace Orrery.Interrupts.Tests.Conformance;

public class DeviationsPageTests
{
    /// <summary>With ORRERY_WRITE_DOCS=1 it writes the page instead.</summary>
    [Fact]
    public void The_page_is_current()
    {
        string page = PagePath();
        string rendered = DeviationsPage.Render();
        if (Environment.GetEnvironmentVariable("ORRERY_WRITE_DOCS") == "1")
        {
            File.WriteAllText(page, rendered);
        }

        Assert.True(
            File.ReadAllText(page) == rendered,
            "docs/kvm-deviations.md is stale: run scripts/update-irq-catalogue.sh and commit the page.");
    }

    private static string PagePath([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", "kvm-deviations.md");
}
