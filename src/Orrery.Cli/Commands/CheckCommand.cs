using System.CommandLine;
using Orrery.Cli.Reporting;
using Orrery.Lab.Files;
using Orrery.Lab.Running;

namespace Orrery.Cli.Commands;

/// <summary><c>orrery check LAB</c>: says what is wrong with a lab file, or how it is understood.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var lab = new Argument<string>("LAB") { Description = "The lab file (docs/labs.md); vlab's YAML is read as it is." };
        var set = new Option<string[]>("--set") { Description = "Sets a value of the lab file: calendar.memory=off", HelpName = "KEY=VALUE" };
        var json = new Option<bool>("--json") { Description = "Prints the resolved lab, or what is wrong with it, as JSON." };
        var command = new Command("check", "Checks a lab file and prints the resolved lab.") { lab, set, json };
        command.SetAction(parsed => Check(parsed.GetValue(lab)!, parsed.GetValue(set) ?? [], parsed.GetValue(json)));
        return command;
    }

    private static int Check(string path, string[] overrides, bool json)
    {
        LabFileResult result = LabLoading.Load(path, overrides, []);
        if (json)
        {
            Console.Out.WriteLine(LabJson.Write(result));
        }
        else
        {
            foreach (LabDiagnostic diagnostic in result.Diagnostics)
            {
                Console.Error.WriteLine(diagnostic);
            }

            if (result.Lab is not null)
            {
                LabTables.Write(Terminal.Create(Console.Out, !Console.IsOutputRedirected), result.Lab);
            }
        }

        return (int)(result.Lab is null ? RunStatus.Unusable : RunStatus.Passed);
    }
}
