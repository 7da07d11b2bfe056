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
        var file = new Argument<string>("FILE") { Description = "The checkpoint, as 'orrery run --checkpoint-at' leaves it in its run folder." };
        var pace = new Option<double?>("--pace") { Description = "Simulated seconds per wall-clock second, at most.", HelpName = "X" };
        var jobs = new Option<int>("--jobs", "-j") { Description = "Worker threads; 0: one per core.", HelpName = "N" };
        var output = new Option<string?>("--out", "-o") { Description = "The run folder.", HelpName = "DIR" };
        var json = new Option<bool>("--json") { Description = "Prints the result as JSON; all else goes to standard error." };
        var timeout = new Option<double?>("--timeout") { Description = "Wall-clock limit in seconds.", HelpName = "SECONDS" };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Prints what the nodes write, line by line." };
        var checkpoint = new Option<string?>("--checkpoint-at") { Description = "Saves the run again, at this simulated time.", HelpName = "TIME" };
        var command = new Command("resume", "Runs a lab from where it was saved.")
        {
            file, jobs, pace, output, json, timeout, checkpoint, verbose,
        };
        command.Validators.Add(result => CheckpointTime.Check(result, checkpoint));
        command.SetAction(parsed => Resume(
            parsed.GetValue(file)!,
            new RunOptions
            {
                OutFolder = parsed.GetValue(output),
                Jobs = parsed.GetValue(jobs),
                Pace = parsed.GetValue(pace),
                Timeout = parsed.GetValue(timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                CheckpointAt = CheckpointTime.Parse(parsed.GetValue(checkpoint)),
            },
            new Manner(parsed.GetValue(json), parsed.GetValue(verbose))));
        return command;
    }

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
