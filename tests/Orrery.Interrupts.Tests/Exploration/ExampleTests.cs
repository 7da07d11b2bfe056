using System.Runtime.CompilerServices;
using Orrery.Interrupts.Exploration;
using Xunit;

namespace Orrery.Interrupts.Tests.Exploration;

/// <summary>The example of docs/explorer.md: it is this code, and it does what the page says.</summary>
public class ExampleTests
{
    [Fact]
    public void The_lock_excludes_and_lets_everybody_in()
    {
        ExplorationResult result = Explorer.Explore<PetersonLock, ulong>(new PetersonLock());
        Assert.Equal(Verdict.Holds, result.Verdict);
        Assert.Equal(["exclusion", "progress"], result.Checked);
    }

    [Fact]
    public void The_page_shows_this_code()
    {
        string page = File.ReadAllText(Path.Combine(Folder(), "..", "..", "..", "docs", "explorer.md"));
        string code = File.ReadAllText(Path.Combine(Folder(), "PetersonLock.cs"));
        string example = code.Split("// <example>\n")[1].Split("// </example>")[0];
        Assert.Contains("```csharp\n" + example + "```", page, StringComparison.Ordinal);
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
