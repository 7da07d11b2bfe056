using Spectre.Console;

namespace Orrery.Cli.Reporting;

/// <summary>Where the commands print tables: a terminal, or a pipe that gets the same text without control sequences.</summary>
internal static class Terminal
{
    // Without a terminal Spectre assumes 80 columns and would fold tables that somebody greps.
    private const int PipeWidth = 200;

    public static IAnsiConsole Create(TextWriter writer, bool terminal)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!terminal)
        {
            console.Profile.Width = PipeWidth;
        }

        return console;
    }
}
