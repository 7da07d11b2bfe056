using System.Text.Json.Nodes;
using Orrery.Lab.Files;
using Xunit;

namespace Orrery.Lab.Tests.Files;

/// <summary>The schema says what the reader does.</summary>
public class LabSchemaTests
{
    private static readonly JsonObject Schema = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs", "lab.schema.json")))!.AsObject();

    private static IEnumerable<string> Keys(params string[] definition)
    {
        JsonNode node = definition.Length == 0 ? Schema : Schema["definitions"]!;
        foreach (string step in definition)
        {
            node = node is JsonArray array ? array[int.Parse(step)]! : node[step]!;
        }

        return node["properties"]!.AsObject().Select(property => property.Key).Order();
    }

    [Fact]
    public void It_has_the_keys_of_the_reader()
    {
        Assert.Equal(LabKeys.Lab.Order(), Keys());
        Assert.Equal(LabKeys.Calendar.Order(), Keys("calendar"));
        Assert.Equal(LabKeys.NodeCalendar.Order(), Keys("nodeCalendar"));
        Assert.Equal(LabKeys.Interface.Order(), Keys("interface"));
        Assert.Equal(LabKeys.File.Order(), Keys("file", "anyOf", "1"));
        Assert.Equal(LabKeys.Type.Order(), Keys("type", "items"));
        Assert.Equal(LabKeys.Interrupts.Order(), Keys("interrupts"));
        Assert.Equal(LabKeys.Link.Order(), Keys("link"));
        Assert.Equal(LabKeys.Segment.Order(), Keys("segment"));
        foreach ((string kind, string[] own) in LabKeys.NodeOfKind)
        {
            Assert.Equal(LabKeys.Node.Concat(own).Order(), Keys($"{kind}Node"));
        }
    }

    public static TheoryData<string, string> Labs
    {
        get
        {
            var labs = new TheoryData<string, string>();
            foreach (string path in Directory.GetFiles(Path.Combine(Repository.Root, "examples"), "*.yaml").Where(path => !path.Contains("vlab", StringComparison.Ordinal)))
            {
                labs.Add(Path.GetFileName(path), File.ReadAllText(path));
            }

            foreach ((string name, string text) in DocumentationTests.LabSnippets())
            {
                labs.Add(name, text);
            }

            return labs;
        }
    }

    [Theory]
    [MemberData(nameof(Labs))]
    public void It_takes_every_example(string name, string text) =>
        Assert.Empty(JsonSchema.Errors(Schema, YamlAsJson.Read(text)).Select(error => $"{name}: {error}"));

    [Theory]
    [InlineData("nodes: { a: { rnu: x } }")]
    [InlineData("nodes: { a: { kind: linx } }")]
    [InlineData("nodes: { a: { memory: 64 } }")]
    [InlineData("nodes: { a: {} }\nlinks: [{ between: [a] }]")]
    [InlineData("nodes: { a: {} }\nlinks: [{ between: [a, b], delay: 5 }]")]
    [InlineData("nodes: { a: {} }\nsede: 1")]
    [InlineData("nodes: { a: { kind: machine, memory: 64M } }")]
    [InlineData("nodes: { a: { address: 10.0.0.1 } }")]
    [InlineData("nodes: { a: {} }\nuntil: later")]
    [InlineData("links: []")]
    public void It_refuses_what_the_reader_refuses(string text)
    {
        Assert.NotEmpty(JsonSchema.Errors(Schema, YamlAsJson.Read(text)));
        Assert.Null(LabFile.Parse(text, "lab.yaml").Lab);
    }
}
