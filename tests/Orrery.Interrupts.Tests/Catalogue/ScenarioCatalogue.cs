using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Orrery.Interrupts.Tests.Conformance;

namespace Orrery.Interrupts.Tests.Catalogue;

/// <summary>One scenario as the catalogue states it.</summary>
internal sealed record Scenario(string Id, string Situation, string Expected);

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
                scenarios.Add(new Scenario(cells[0], cells[1], cells[2]));
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
        foreach (string file in Directory.GetFiles(LiveTests(), "*.cs").Order(StringComparer.Ordinal))
        {
            var marks = new List<string>();
            foreach (string line in File.ReadLines(file))
            {
                marks.AddRange(Regex.Matches(line, """\[Scenario\("(\w\d\d)", CheckedBy.Live\)\]""").Select(m => m.Groups[1].Value));
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

    private static string LiveTests([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "Orrery.Conformance.Tests");

    /// <summary>The page, as it is to be committed.</summary>
    public string Render()
    {
        var page = new StringBuilder();
        page.AppendLine("# The catalogue of interrupt scenarios");
        page.AppendLine();
        page.AppendLine("Generated from the tests by `scripts/update-irq-catalogue.sh`; a test fails when it is stale. Model: the");
        page.AppendLine("models, in memory. Golden trace: recorded from real KVM. Live KVM: KVM itself.");
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
                + $"| {Tests(CheckedBy.Golden)} | {Tests(CheckedBy.Live)} |");
        }

        return page.ToString();
    }
}
