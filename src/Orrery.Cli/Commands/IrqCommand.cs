using System.CommandLine;

namespace Orrery.Cli.Commands;

/// <summary><c>orrery irq …</c>: the interrupt models, on their own and against real KVM.</summary>
internal static class IrqCommand
{
    public static Command Create() => new("irq", "Explores and checks the interrupt models.")
    {
        IrqConformanceCommand.Create(),
        IrqLintCommand.Create(),
        IrqReplayCommand.Create(), IrqExploreCommand.Create(),
    };
}
