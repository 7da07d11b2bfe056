using Orrery.Lab.Files;
using Xunit;

namespace Orrery.Lab.Tests.Files;

/// <summary>Every file under examples/ is a lab that can be run.</summary>
public class ExampleTests
{
    public static TheoryData<string> Examples =>
        [.. Directory.GetFiles(Path.Combine(Repository.Root, "examples"), "*.yaml").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Is_a_lab_without_a_remark(string name)
    {
        LabFileResult result = LabFile.Load(Path.Combine(Repository.Root, "examples", name));
        Assert.Empty(result.Diagnostics);
        Assert.NotNull(result.Lab);
    }
}
