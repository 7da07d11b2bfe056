using System.CommandLine;
using Orrery.Cli.Commands;

namespace Orrery.Cli;

/// <summary>The commands of <c>orrery</c>; each one lives in a file of its own under <c>Commands/</c>.</summary>
internal static class CommandLine
{
    /// <summary>Exit status of wrong usage (docs/architecture.md, "The commands").</summary>
    private const int UsageError = 2;

    public static int Run(string[] args)
    {
        var root = new RootCommand("A virtual-time laboratory for virtual machines.")
        {
            CalendarCommand.Create(),
            CheckCommand.Create(),
            DiffCommand.Create(),
            IrqCommand.Create(),
            KernelCommand.Create(),
            MachineCommand.Create(),
            ResumeCommand.Create(),
            RunCommand.Create(),
        };
        ParseResult parsed = root.Parse(args);
        return parsed.Errors.Count > 0 ? Math.Max(UsageError, parsed.Invoke()) : parsed.Invoke();
    }
}
