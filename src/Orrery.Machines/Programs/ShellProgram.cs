using System.Globalization;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Orrery.Machines.Stack;
using Orrery.Simulation;

namespace Orrery.Machines.Programs;

/// <summary>
/// <c>shell</c>: reads lines from the serial line. <c>help</c> lists its commands: <c>echo</c>, <c>date</c>, <c>ping</c>,
/// <c>sleep</c> (to memory), <c>exit</c>.
/// </summary>
internal sealed class ShellProgram : SavedProgram<ShellState>
{
    private const int LineBytesMax = 1024;
    private const ushort Identifier = 2;
    private const string Prompt = "> ";

    public static MachineProgram Create(ProgramArguments arguments) => new ShellProgram();

    protected override JsonTypeInfo<ShellState> Format => ProgramStateJson.Default.ShellState;

    protected override void OnStart() => Print(Prompt);

    protected internal override void OnSerialInput(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (value is not ((byte)'\n' or (byte)'\r'))
            {
                if (State.Line.Count < LineBytesMax)
                {
                    State.Line.Add(value);
                }

                continue;
            }

            string line = Encoding.UTF8.GetString([.. State.Line]).Trim();
            State.Line.Clear();
            Machine.WriteLine(line);
            if (!Execute(line))
            {
                return;
            }

            Print(Prompt);
        }
    }

    protected internal override void OnEchoReply(
        IpAddress source, ushort identifier, ushort sequence, ReadOnlySpan<byte> payload)
    {
        if (identifier == Identifier && sequence == State.Sequence)
        {
            double milliseconds = (Machine.Now.Nanoseconds - State.SentNs) / 1e6;
            Machine.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{source} is alive, {milliseconds:F3} ms"));
        }
    }

    protected internal override void OnUnreachable(IpAddress destination) => Machine.WriteLine($"{destination} cannot be reached");

    protected override string? WhatIsWrong(ShellState state) =>
        state.Line.Count > LineBytesMax ? $"a line of {state.Line.Count} bytes, of at most {LineBytesMax}" : null;

    private bool Execute(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words)
        {
            case []:
                return true;
            case ["help"]:
                Machine.WriteLine("echo TEXT | date | ping HOST | sleep TIME | exit [STATUS]");
                return true;
            case ["echo", ..]:
                Machine.WriteLine(string.Join(' ', words[1..]));
                return true;
            case ["date"]:
                Machine.WriteLine(Machine.Now.ToString());
                return true;
            case ["ping", var host]:
                Ping(host);
                return true;
            case ["sleep", var text] when SimDuration.TryParse(text, out SimDuration duration, out _):
                Machine.Sleep(duration);
                return true;
            case ["exit"]:
                Machine.Exit(0);
                return false;
            case ["exit", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int status):
                Machine.Exit(status);
                return false;
            default:
                Machine.WriteLine($"'{line}' means nothing to me; try help");
                return true;
        }
    }

    private void Ping(string host)
    {
        if (!Machine.TryResolve(host, out IpAddress address))
        {
            Machine.WriteLine($"unknown host {host}");
            return;
        }

        State.SentNs = Machine.Now.Nanoseconds;
        if (!Machine.Stack!.SendEchoRequest(address, Identifier, ++State.Sequence, []))
        {
            Machine.WriteLine($"no way to {host}");
        }
    }

    private void Print(string text) => Machine.Write(Encoding.UTF8.GetBytes(text));
}

/// <summary>What <c>shell</c> remembers.</summary>
internal sealed record ShellState
{
    /// <summary>What was typed of a line that has not ended.</summary>
    public List<byte> Line { get; set; } = [];

    /// <summary>The number of the last echo request.</summary>
    public ushort Sequence { get; set; }

    /// <summary>When that was sent.</summary>
    public ulong SentNs { get; set; }
}
