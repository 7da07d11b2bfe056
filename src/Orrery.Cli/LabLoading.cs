using System.Diagnostics.CodeAnalysis;
using Orrery.Lab.Files;

namespace Orrery.Cli;

/// <summary>Loads the lab file that a command names.</summary>
internal static class LabLoading
{
    /// <summary>Loads a lab, and says on standard error what is wrong with it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides"><c>KEY=VALUE</c>, as <c>--set</c> has them.</param>
    /// <param name="command">What the first Linux node runs instead of what the lab says; empty: what the lab says.</param>
    /// <param name="lab">The lab.</param>
    public static bool TryLoad(
        string path, IReadOnlyList<string> overrides, IReadOnlyList<string> command, [NotNullWhen(true)] out LabDefinition? lab)
    {
        LabFileResult result = Load(path, overrides, command);
        foreach (LabDiagnostic diagnostic in result.Diagnostics)
        {
            Console.Error.WriteLine(diagnostic);
        }

        lab = result.Lab;
        return lab is not null;
    }

    /// <summary>Loads a lab, with what there is to say about it.</summary>
    /// <inheritdoc cref="TryLoad"/>
    public static LabFileResult Load(string path, IReadOnlyList<string> overrides, IReadOnlyList<string> command)
    {
        var parsed = new List<LabOverride>();
        var wrong = new List<LabDiagnostic>();
        foreach (string text in overrides)
        {
            if (LabOverride.Parse(text) is { } change)
            {
                parsed.Add(change);
            }
            else
            {
                wrong.Add(new LabDiagnostic($"--set {text}", 0, 0, $"'{text}'", "KEY=VALUE, for example calendar.memory=off"));
            }
        }

        return wrong.Count > 0 ? new LabFileResult(null, wrong) : LabFile.Load(path, new LabFileOptions
        {
            Overrides = parsed,
            Command = command.Count > 0 ? ShellLine.Of(command) : null,
        });
    }
}
