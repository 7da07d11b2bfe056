using Orrery.Lab.Files;
using Xunit;

namespace Orrery.Lab.Tests.Files;

/// <summary>What the pages for users show is true.</summary>
public class DocumentationTests
{
    private static readonly string[] Pages = ["labs.md", "networks.md", "results.md"];

    /// <summary>The labs that the pages show: every block marked as YAML.</summary>
    public static IEnumerable<(string Name, string Text)> LabSnippets()
    {
        foreach (string page in Pages)
        {
            string[] blocks = Read(page).Split("```yaml\n")[1..];
            for (int i = 0; i < blocks.Length; i++)
            {
                yield return ($"{page} {i + 1}", blocks[i].Split("```")[0]);
            }
        }
    }

    public static TheoryData<string, string> Snippets
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach ((string name, string text) in LabSnippets())
            {
                data.Add(name, text);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Snippets))]
    public void A_snippet_is_a_lab_without_a_remark(string name, string text)
    {
        LabFileResult result = LabFile.Parse(text, name);
        Assert.Empty(result.Diagnostics);
    }

    [Fact]
    public void Every_key_has_its_words()
    {
        string page = Read("labs.md") + Read("networks.md");
        IEnumerable<string> keys = LabKeys.Lab.Concat(LabKeys.Calendar).Concat(LabKeys.Node).Concat(LabKeys.NodeOfKind.Values.SelectMany(k => k))
            .Concat(LabKeys.Interface).Concat(LabKeys.File).Concat(LabKeys.Type).Concat(LabKeys.Interrupts).Concat(LabKeys.Link).Concat(LabKeys.Segment);
        Assert.DoesNotContain(keys, key => !page.Contains($"`{key}`", StringComparison.Ordinal));
    }

    [Fact]
    public void The_messages_that_are_shown_are_those_that_come()
    {
        LabFileResult result = LabFile.Parse("""
            lab: x
            nodes:
              # two nodes
              client: { kind: linux, memory: 64MB, run: x }
              server: {}
            links:
              # one link
              - between: [client, sever]
            """, "lab.yaml");
        string page = Read("labs.md");
        Assert.Equal(2, result.Diagnostics.Count);
        Assert.All(result.Diagnostics, diagnostic => Assert.Contains(diagnostic.ToString(), page, StringComparison.Ordinal));
    }

    private static string Read(string page) => File.ReadAllText(Path.Combine(Repository.Root, "docs", page));
}
