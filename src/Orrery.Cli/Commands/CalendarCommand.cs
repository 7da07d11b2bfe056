using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Orrery.Cli.Commands;

/// <summary>
/// <c>orrery calendar</c>: the calendar alone, with the options and the end rules of usfstl's <c>controller</c>, so that it
/// can stand in for it (docs/calendar.md, "orrery calendar").
/// </summary>
internal static class CalendarCommand
{
    private const int UsageError = 2;

    public static Command Create()
    {
        var time = new Option<string?>("--time", "-t") { Description = "socket for the time protocol; an old socket there is removed", HelpName = "socket" };
        var clients = Number("--clients", "clients that are admitted together, sorted by identification", "clients", "-c");
        var startTime = Number("--time-at-start", "wall clock at the start in ns since 1970; 0 is the host's", "ns");
        var noMemory = new Option<bool>("--no-shm") { Description = "no schedule memory: everybody uses messages" };
        var debug = Number("--debug", "0 to 3: from 2 on every message, from 3 on the schedule", "level");

        // usfstl ends with 2 when it was asked for help.
        var help = new HelpOption("--help", "-?", "-h");
        if (help.Action is HelpAction action)
        {
            help.Action = new UsageAction(action);
        }

        var command = new Command("calendar", "Serves the um_timetravel protocol; stands in for usfstl's controller.")
        {
            time, clients, startTime, noMemory, debug, help,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(time) is null)
            {
                result.AddError("--time=<socket> is missing");
            }
        });
        command.SetAction(parsed =>
        {
            var settings = new CalendarSettings(
                parsed.GetValue(time)!,
                (int)Math.Min(parsed.GetValue(clients), int.MaxValue),
                parsed.GetValue(startTime),
                !parsed.GetValue(noMemory),
                (int)Math.Min(parsed.GetValue(debug), 3));
            return new CalendarServer(settings, Console.Out, Console.Error).Run();
        });
        return command;
    }

    private static Option<ulong> Number(string name, string description, string helpName, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = helpName, CustomParser = ParseNumber };

    /// <summary>Reads a number with a base prefix as C does: 0x hexadecimal, 0 octal, else decimal.</summary>
    private static ulong ParseNumber(ArgumentResult argument)
    {
        string text = argument.Tokens[0].Value;
        if (TryParseNumber(text, out ulong value))
        {
            return value;
        }

        argument.AddError($"'{text}' is not a number: expected decimal, 0x with hexadecimal or 0 with octal digits");
        return 0;
    }

    private static bool TryParseNumber(string text, out ulong value)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, null, out value);
        }

        if (text.Length < 2 || text[0] != '0')
        {
            return ulong.TryParse(text, NumberStyles.None, null, out value);
        }

        value = 0;
        foreach (char digit in text)
        {
            if (digit is < '0' or > '7' || value >> 61 != 0)
            {
                return false;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return true;
    }

    private sealed class UsageAction(HelpAction help) : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            help.Invoke(parseResult);
            return UsageError;
        }
    }
}
