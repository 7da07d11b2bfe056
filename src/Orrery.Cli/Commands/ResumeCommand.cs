using System.CommandLine;
using Orrery.Lab.Checkpoints;
using Orrery.Lab.Files;
using Orrery.Lab.Running;

namespace Orrery.Cli.Commands;

/// <summary><c>orrery resume FILE</c>: runs a lab from where it was saved to its end.</summary>
internal static class ResumeCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The checkpoint that 'orrery run --checkpoint-at' leaves in its run folder, or that folder." };
        var limits = new RunLimits();
        var output = new Option<string?>("--out", "-o") { Description = "The run folder.", HelpName = "DIR" };
        var json = new Option<bool>("--json") { Description = "Prints the result as JSON; all else goes to standard error." };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Prints what the nodes write, line by line." };
        var checkpoint = new Option<string?>("--checkpoint-at") { Description = "Saves the run again, at this simulated time.", HelpName = "TIME" };
        var command = new Command("resume", "Runs a lab from where it was saved.")
        {
            file, limits.Jobs, limits.Pace, output, json, limits.Timeout, checkpoint, verbose,
        };
        command.Validators.Add(result => CheckpointTime.Check(result, checkpoint));
        command.SetAction(parsed => Resume(
            CheckpointOf(parsed.GetValue(file)!),
            new RunOptions
            {
                OutFolder = parsed.GetValue(output),
                Jobs = parsed.GetValue(limits.Jobs) ?? 0,
                Pace = parsed.GetValue(limits.Pace),
                Timeout = limits.TimeoutOf(parsed),
                CheckpointAt = CheckpointTime.Parse(parsed.GetValue(checkpoint)),
            },
            new Manner(parsed.GetValue(json), parsed.GetValue(verbose))));
        return command;
    }

    private static string CheckpointOf(string path) => Directory.Exists(path) ? RunFolder.CheckpointIn(path) : path;

    private static int Resume(string path, RunOptions options, Manner manner)
    {
        CheckpointState? state = CheckpointFile.Load(path, out string error);
        LabDefinition? lab = state is null ? null : CheckpointFile.ReadLab(state, out error);
        if (lab is null)
        {
            Console.Error.WriteLine($"orrery: {(state is null ? error : $"{path}: {error}")}");
            return (int)RunStatus.Unusable;
        }

        return LabSession.Run(
            lab.Title, options.OutFolder, manner,
            session => new TwoRuns(LabRun.Resume(lab, state!, options, session.Folder, session.Observer, session.Stop)));
    }
}
