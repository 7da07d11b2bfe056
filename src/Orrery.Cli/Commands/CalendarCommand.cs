using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Globalization;
using Orrery.Cli.Controller;
using Orrery.Simulation;

namespace Orrery.Cli.Commands;

/// <summary>
/// <c>orrery calendar</c>: the calendar alone, with the options and the end rules of usfstl's <c>controller</c>, so that it
/// can stand in for it (docs/calendar.md, "orrery calendar").
/// </summary>
internal static class CalendarCommand
{
    private const int UsageError = 2;
    private const double NanosecondsPerMillisecond = 1e6;
    private const double DelayMillisecondsMax = 1e9;

    public static Command Create()
    {
        var time = new Option<string?>("--time", "-t") { Description = "socket for the time protocol; an old socket there is removed", HelpName = "socket" };
        Option<ulong> clients = Number("--clients", "clients that are admitted together, sorted by identification", "clients", "-c");
        var network = new Option<string?>("--net", "-n") { Description = "socket at which guests find network cards, on one switch (vhost-user)", HelpName = "socket" };
        var delay = new Option<double>("--net-delay") { Description = "how long a frame travels, in ms", HelpName = "ms", DefaultValueFactory = _ => 0.1 };
        Option<ulong> startTime = Number("--time-at-start", "wall clock at the start in ns since 1970; 0 is the host's", "ns");
        var wallClock = new Option<bool>("--wallclock-network") { Description = "the network alone, in real time, until it is killed: without --time and --clients" };
        var noMemory = new Option<bool>("--no-shm") { Description = "no schedule memory: everybody uses messages" };
        Option<ulong> debug = Number("--debug", "0 to 3: from 2 on every message, from 3 on the schedule", "level");

        // usfstl ends with 2 when it was asked for help.
        var help = new HelpOption("--help", "-?", "-h");
        if (help.Action is HelpAction action)
        {
            help.Action = new UsageAction(action);
        }

        var command = new Command("calendar", "Serves the um_timetravel protocol; stands in for usfstl's controller.")
        {
            time, clients, network, delay, startTime, wallClock, noMemory, debug, help,
        };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(wallClock) && result.GetValue(time) is null)
            {
                result.AddError("--time=<socket> is missing");
            }
            else if (result.GetValue(wallClock) && (result.GetValue(clients) > 0 || result.GetValue(network) is null))
            {
                result.AddError("--wallclock-network goes with --net=<socket>, and not with --clients");
            }
            else if (result.GetValue(delay) is not (>= 0 and <= DelayMillisecondsMax))
            {
                result.AddError($"--net-delay is 0 to {DelayMillisecondsMax} ms");
            }
        });
        command.SetAction(parsed => Run(
            new ControllerSettings
            {
                TimeSocket = parsed.GetValue(time),
                ClientCount = (int)Math.Min(parsed.GetValue(clients), int.MaxValue),
                NetworkSocket = parsed.GetValue(network),
                NetworkDelay = SimDuration.FromNanoseconds((ulong)Math.Round(parsed.GetValue(delay) * NanosecondsPerMillisecond)),
                StartEpochNanoseconds = parsed.GetValue(startTime),
                UsesMemory = !parsed.GetValue(noMemory),
                DebugLevel = (int)Math.Min(parsed.GetValue(debug), 3),
            },
            parsed.GetValue(wallClock)));
        return command;
    }

    private static int Run(ControllerSettings settings, bool isRealTime)
    {
        using var sockets = new SocketFiles();
        string?[] paths = isRealTime ? [settings.NetworkSocket] : [settings.TimeSocket, settings.NetworkSocket];
        foreach (string path in paths.OfType<string>())
        {
            if (!sockets.TryClaim(path, out string? problem))
            {
                Complain(problem!);
                return UsageError;
            }
        }

        return isRealTime
            ? new WallClockNetwork(settings, Complain).Run()
            : new ControllerRun(settings, Console.Out, Complain).Run();
    }

    private static void Complain(string line) => Console.Error.WriteLine($"orrery calendar: {line}");

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
