using System.Text;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary>What the pages show of <c>orrery irq</c> is what it prints.</summary>
public class DocumentedCommandTests
{
    private const string Fence = "```";
    private const string Prompt = "$ orrery irq ";

    /// <summary>With ORRERY_WRITE_DOCS=1 it writes the pages instead.</summary>
    [Theory]
    [InlineData("timer-routing.md")]
    [InlineData("explorer.md")]
    [InlineData("irq-lint.md")]
    [InlineData("irq-conformance.md")]
    public void Output_on_a_page_is_current(string name)
    {
        string path = Path.Combine(OrreryProcess.Root, "docs", name);
        string page = File.ReadAllText(path);
        string current = WithCurrentOutput(page);
        if (Environment.GetEnvironmentVariable("ORRERY_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, current);
            return;
        }

        Assert.Equal(current, page);
    }

    /// <summary>The page with each block of a command and its output run anew.</summary>
    private static string WithCurrentOutput(string page)
    {
        var text = new StringBuilder();
        bool isSkipping = false;
        int commands = 0;
        foreach (string line in page.TrimEnd('\n').Split('\n'))
        {
            isSkipping &= line != Fence;
            if (isSkipping)
            {
                continue;
            }

            text.Append(line).Append('\n');
            if (line.StartsWith(Prompt, StringComparison.Ordinal))
            {
                isSkipping = true;
                commands++;
                text.Append(OrreryProcess.Run(["irq", .. line[Prompt.Length..].Split(' ')]).Output);
            }
        }

        Assert.True(commands > 0, "the page shows no command");
        return text.ToString();
    }
}
