using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Orrery.Interrupts.Tests.Conformance;

namespace Orrery.Interrupts.Tests.Catalogue;

/// <summary>One scenario as the catalogue states it.</summary>
/// <param name="Id">Its identifier.</param>
/// <param name="Situation">What is, and what happens.</param>
/// <param name="Expected">What must come of it.</param>
/// <param name="WhyNotLive">Why it is not checked on real KVM; null for one that is.</param>
internal sealed record Scenario(string Id, string Situation, string Expected, string? WhyNotLive);

/// <summary>The catalogue of scenarios and where this assembly checks each.</summary>
internal sealed class ScenarioCatalogue
{
    private ScenarioCatalogue(IReadOnlyList<Scenario> scenarios, ILookup<string, (CheckedBy By, string Test)> checks)
    {
        Scenarios = scenarios;
        Checks = checks;
    }

    public IReadOnlyList<Scenario> Scenarios { get; }

    /// <summary>By scenario: against what, and by which test.</summary>
    public ILookup<string, (CheckedBy By, string Test)> Checks { get; }

    public static ScenarioCatalogue Load()
    {
        Assembly assembly = typeof(ScenarioCatalogue).Assembly;
        using Stream stream = assembly.GetManifestResourceStream("scenarios.txt")!;
        using var reader = new StreamReader(stream);
        var scenarios = new List<Scenario>();
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#') && line.Length > 0)
            {
                string[] cells = line.Split(" | ");
                scenarios.Add(new Scenario(cells[0], cells[1], cells[2], cells.ElementAtOrDefault(3)));
            }
        }

        var checks =
            from type in assembly.GetTypes()
            where !type.IsAbstract
            from method in type.GetMethods()
            from scenario in method.GetCustomAttributes<ScenarioAttribute>()
            select (scenario.Id, scenario.Where, Test: $"{method.DeclaringType!.Name}.{method.Name}");
        var all = checks.Concat(GoldenChecks()).Concat(LiveChecks());
        return new ScenarioCatalogue(scenarios, all.ToLookup(c => c.Id, c => (c.Where, c.Test)));
    }

    /// <summary>A trace named for a scenario is replayed by GoldenTraceTests, and run on KVM by LiveGoldenTests.</summary>
    private static IEnumerable<(string Id, CheckedBy Where, string Test)> GoldenChecks() =>
        GoldenFiles.In("Scenarios").Select(file => (Path.GetFileName(file)[..3], CheckedBy.Golden | CheckedBy.Live, Path.GetFileName(file)));

    /// <summary>
    /// What the sources of the live tests, which this assembly does not load, say they check: each mark belongs to the
    /// next method.
    /// </summary>
    private static IEnumerable<(string Id, CheckedBy Where, string Test)> LiveChecks()
    {
        foreach (string file in LiveSources())
        {
            var marks = new List<string>();
            foreach (string line in File.ReadLines(file))
            {
                if (line.Contains("[Scenario(", StringComparison.Ordinal))
                {
                    Match mark = Regex.Match(line, """^\s*\[Scenario\("(\w+)", CheckedBy\.Live\)\]$""");
                    marks.Add(mark.Success ? mark.Groups[1].Value : $"not readable in {Path.GetFileName(file)}: {line.Trim()}");
                }

                if (Regex.Match(line, """public void (\w+)\(""") is { Success: true } method)
                {
                    foreach (string id in marks)
                    {
                        yield return (id, CheckedBy.Live, $"{Path.GetFileNameWithoutExtension(file)}.{method.Groups[1].Value}");
                    }

                    marks.Clear();
                }
            }
        }
    }

    private static IEnumerable<string> LiveSources() =>
        Directory.GetFiles(LiveTests(), "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(LiveTests(), file).Split('/').Any(folder => folder is "bin" or "obj"))
            .Order(StringComparer.Ordinal);

    private static string LiveTests([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "Orrery.Conformance.Tests");

    /// <summary>The page, as it is to be committed.</summary>
    public string Render()
    {
        var page = new StringBuilder();
        page.AppendLine("# The catalogue of interrupt scenarios");
        page.AppendLine();
        page.AppendLine("Generated from the tests by `scripts/update-irq-catalogue.sh`; a test fails when it is stale. Model: the");
        page.AppendLine("models, in memory. Golden trace: recorded from real KVM. Live KVM: KVM itself, while the test runs, or why not.");
        page.AppendLine("Tests fail, too, when a scenario has no check on a model, has none on KVM without a reason, or is not in this table.");
        page.AppendLine();
        page.AppendLine("L is the output line of the timer, in the input of the emulated GIC, w the published level word, pin the IRQ");
        page.AppendLine("input of the CPU; exit(E) means that the run call returns at once with EINTR.");
        page.AppendLine();
        page.AppendLine("| ID | situation | what must happen | model | golden trace | live KVM |");
        page.AppendLine("|---|---|---|---|---|---|");
        foreach (Scenario scenario in Scenarios)
        {
            string Tests(CheckedBy by) => string.Join(
                "<br>",
                Checks[scenario.Id].Where(c => c.By.HasFlag(by)).Select(c => $"`{c.Test}`").Distinct().Order(StringComparer.Ordinal));
            page.AppendLine($"| {scenario.Id} | {scenario.Situation} | {scenario.Expected} | {Tests(CheckedBy.Model)} "
                + $"| {Tests(CheckedBy.Golden)} | {scenario.WhyNotLive ?? Tests(CheckedBy.Live)} |");
        }

        return page.ToString();
    }
}
