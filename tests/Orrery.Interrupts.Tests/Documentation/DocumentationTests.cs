using System.Runtime.CompilerServices;
using System.Text;
using Orrery.Interrupts.Tests.Gic.Mutants;
using Orrery.Interrupts.Tests.Timers;
using Orrery.Interrupts.Timers.Switching;
using Xunit;

namespace Orrery.Interrupts.Tests.Documentation;

/// <summary>The pages say what the code does.</summary>
public class DocumentationTests
{
    public static TheoryData<string> Pages => ["irq-state.md", "gic.md", "generic-timer.md"];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_example_of_a_page_is_code_that_runs(string page)
    {
        string[] examples = [.. File.ReadAllText(Path.Combine(Folder(), "DocumentationExamples.cs"))
            .Split("// <example>\n").Skip(1).Select(part => Unindented(part.Split("// </example>")[0]))];
        string[] shown = [.. Page(page).Split("```csharp\n").Skip(1).Select(part => part.Split("```")[0])];
        Assert.NotEmpty(shown);
        Assert.All(shown, code => Assert.Contains(code, examples));
    }

    [Fact]
    public void The_tables_of_mutants_hold_what_the_tests_find()
    {
        foreach (object[] row in GicMutantTests.Mutants)
        {
            Assert.Contains($"| `{row[0]}` | {((string)row[1]).Replace("; ", ", ", StringComparison.Ordinal)} |", Page("gic.md"));
        }

        foreach (object[] row in RestoreMutantTests.Traces)
        {
            string trace = (string)row[1] == "" ? "(any)" : ((string)row[1]).Replace("; ", ", ", StringComparison.Ordinal);
            Assert.Contains($"| {row[0]} | {trace} |", Page("gic.md"));
        }

        foreach (object[] row in TimerMutantTests.Mutants)
        {
            Assert.Contains($"| `{row[0]}` | {((string)row[1]).Replace("; ", ", ", StringComparison.Ordinal)} |", Page("generic-timer.md"));
        }

        foreach (object[] row in SwitchModelTests.Mutants)
        {
            Assert.Contains($"| `{(SwitchMutants)row[0]}` | {row[1]} | {row[2]} |", Page("generic-timer.md"));
        }
    }

    private static string Page(string name) => File.ReadAllText(Path.Combine(Folder(), "..", "..", "..", "docs", name));

    private static string Unindented(string code)
    {
        const string Indent = "        ";
        var lines = new StringBuilder();
        foreach (string line in code.TrimEnd(' ').Split('\n'))
        {
            lines.Append(line.StartsWith(Indent, StringComparison.Ordinal) ? line[Indent.Length..] : line).Append('\n');
        }

        return lines.ToString().TrimEnd('\n') + "\n";
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
