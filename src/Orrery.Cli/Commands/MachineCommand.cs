using System.CommandLine;
using Orrery.Machines.Processes;
using Orrery.Posix;

namespace Orrery.Cli.Commands;

/// <summary><c>orrery machine</c>: the process of a C# machine that does not live in its lab's. Started by <c>run</c>.</summary>
internal static class MachineCommand
{
    private const int Unusable = 2;

    public static Command Create()
    {
        var command = new Command("machine", "Runs one C# machine, described as JSON on standard input.") { Hidden = true };
        command.SetAction(_ =>
        {
            // A lab that is killed takes its machines with it; one that is gone already sends no specification.
            CurrentProcess.DieWithParent();
            MachineSpecification? specification = MachineSpecification.Parse(Console.In.ReadToEnd(), out string error);
            if (specification is null)
            {
                Console.Error.WriteLine($"orrery machine: {error}");
                return Unusable;
            }

            int status = MachineProcess.Run(specification, out string problem);
            if (problem.Length > 0)
            {
                Console.Error.WriteLine($"orrery machine: {problem}");
            }

            return status;
        });
        return command;
    }
}
