using System.CommandLine;
using Orrery.Interrupts.Gic.Snapshots;
using Orrery.Interrupts.Linting;

namespace Orrery.Cli.Commands;

/// <summary><c>orrery irq lint FILE</c>: checks a snapshot or an ioctl trace against the rules of save and restore.</summary>
internal static class IrqLintCommand
{
    private const int Unreadable = 2;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A snapshot (JSON) or the text of an ioctl trace (docs/irq-lint.md)." };
        var command = new Command("lint", "Checks a snapshot or an ioctl trace of a VMM against the rules of save and restore.") { file };
        command.SetAction(parsed => Run(parsed.GetValue(file)!));
        return command;
    }

    /// <summary>Prints findings as FILE:LINE: RULE: MESSAGE; 0 none, 1 some.</summary>
    public static int Print(string file, IReadOnlyList<LintFinding> findings)
    {
        foreach (LintFinding finding in findings)
        {
            string place = finding.Line > 0 ? $"{file}:{finding.Line}" : file;
            Console.WriteLine($"{place}: {finding.Rule}: {finding.Message}");
        }

        return findings.Count == 0 ? 0 : 1;
    }

    /// <summary>Says why a file cannot be used.</summary>
    public static int Refuse(string file, string problem)
    {
        Console.Error.WriteLine($"orrery: {file}: {problem}");
        return Unreadable;
    }

    private static int Run(string file)
    {
        if (!InputFile.TryReadText(file, out string? text, out string problem))
        {
            return Refuse(file, problem);
        }

        if (text.AsSpan().TrimStart().StartsWith("{", StringComparison.Ordinal))
        {
            SnapshotResult<GicSnapshot> snapshot = GicSnapshotJson.Read(text);
            return snapshot.Error is { } error ? Refuse(file, error.ToString()) : Print(file, SnapshotLinter.Lint(snapshot.Value!));
        }

        return IoctlTrace.TryParse(text, out IReadOnlyList<TracedCall>? calls, out problem)
            ? Print(file, RestoreLinter.Lint(calls))
            : Refuse(file, problem);
    }
}
