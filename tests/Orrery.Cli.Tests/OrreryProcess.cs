using System.Diagnostics;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary>What an <c>orrery</c> command came to.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error);

/// <summary>Runs the command that the tests were built with.</summary>
internal static class OrreryProcess
{
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>The command.</summary>
    public static string Command { get; } = Path.Combine(AppContext.BaseDirectory, "orrery");

    /// <summary>Runs <c>orrery</c> to its end.</summary>
    public static CommandResult Run(params string[] arguments) => Tools.Run(Command, arguments);

    /// <summary>Starts <c>orrery calendar</c>; it listens when this returns.</summary>
    public static Process StartCalendar(params string[] arguments)
    {
        Process process = Process.Start(new ProcessStartInfo(Command, ["calendar", .. arguments]) { RedirectStandardOutput = true })!;
        Assert.Contains("waiting for", process.StandardOutput.ReadLine(), StringComparison.Ordinal);
        return process;
    }

    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "Orrery.slnx")) ? folder : FindRoot(Path.GetDirectoryName(folder)!);
}

/// <summary>Runs programs that tests need.</summary>
internal static class Tools
{
    /// <summary>Runs a program in the checkout to its end.</summary>
    public static CommandResult Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = OrreryProcess.Root,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandResult(process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
