using System.Diagnostics.CodeAnalysis;
using Orrery.Lab.Files;

namespace Orrery.Cli;

/// <summary>Loads the lab file that a command names, and says on standard error what is wrong with it.</summary>
internal static class LabLoading
{
    /// <param name="path">The file.</param>
    /// <param name="overrides"><c>KEY=VALUE</c>, as <c>--set</c> has them.</param>
    /// <param name="command">What the first Linux node runs instead of what the lab says; empty: what the lab says.</param>
    /// <param name="lab">The lab.</param>
    public static bool TryLoad(
        string path, IReadOnlyList<string> overrides, IReadOnlyList<string> command, [NotNullWhen(true)] out LabDefinition? lab)
    {
        lab = null;
        var parsed = new List<LabOverride>();
        foreach (string text in overrides)
        {
            if (LabOverride.Parse(text) is not { } change)
            {
                Console.Error.WriteLine($"orrery: --set {text}: expected KEY=VALUE, for example calendar.memory=off");
                return false;
            }

            parsed.Add(change);
        }

        LabFileResult result = LabFile.Load(path, new LabFileOptions
        {
            Overrides = parsed,
            Command = command.Count > 0 ? string.Join(' ', command) : null,
        });
        foreach (LabDiagnostic diagnostic in result.Diagnostics)
        {
            Console.Error.WriteLine(diagnostic);
        }

        lab = result.Lab;
        return lab is not null;
    }
}
