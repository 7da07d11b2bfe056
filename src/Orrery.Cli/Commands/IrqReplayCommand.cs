using System.CommandLine;
using Orrery.Interrupts.Linting;

namespace Orrery.Cli.Commands;

/// <summary><c>orrery irq replay FILE</c>: checks an ftrace of kvm events against the rules of timer routing.</summary>
internal static class IrqReplayCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The text of tracefs or of trace-cmd report, events of group kvm." };
        var command = new Command("replay", "Checks an ftrace of KVM's timer events against the rules of timer routing.") { file };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(file)!;
            if (!InputFile.TryReadText(path, out string? text, out string problem)
                || !FtraceReplay.TryReplay(text, out IReadOnlyList<LintFinding> findings, out problem))
            {
                return IrqLintCommand.Refuse(path, problem);
            }

            return IrqLintCommand.Print(path, findings);
        });
        return command;
    }
}
