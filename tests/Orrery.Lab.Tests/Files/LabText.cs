using Orrery.Lab.Files;
using Xunit;

namespace Orrery.Lab.Tests.Files;

/// <summary>Labs given as text.</summary>
internal static class LabText
{
    /// <summary>A lab without an error; warnings are let through.</summary>
    public static LabDefinition Read(string text, LabFileOptions? options = null, string file = "lab.yaml")
    {
        LabFileResult result = LabFile.Parse(text, file, options);
        Assert.DoesNotContain(result.Diagnostics, diagnostic => !diagnostic.IsWarning);
        return Assert.IsType<LabDefinition>(result.Lab);
    }

    /// <summary>Overrides as the command line gives them.</summary>
    public static LabFileOptions Set(params string[] overrides) => new() { Overrides = [.. overrides.Select(o => LabOverride.Parse(o)!)] };
}
