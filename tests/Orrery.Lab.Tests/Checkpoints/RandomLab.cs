using System.Globalization;
using System.Text;

namespace Orrery.Lab.Tests.Checkpoints;

/// <summary>
/// A lab of machines that follows from a number: links and segments with and without delay, several cards or none, both chips,
/// latencies, late starts, all programs, typing, sleeps, two address families. Prints itself as its YAML.
/// </summary>
internal sealed class RandomLab
{
    private static readonly string[] Delays = ["0s", "1ns", "700ns", "20us", "1ms", "5ms", "33ms", "250ms", "1.7s"];
    private static readonly string[] Latencies = ["0s", "1us", "3ms", "120ms"];
    private static readonly string[] Sizes = ["8", "56", "1000", "1400"];

    private readonly Random _random;
    private readonly string[] _nodes;
    private readonly List<int[]> _networks = [];
    private readonly StringBuilder _yaml = new();
    private string? _pinging;

    public RandomLab(int number)
    {
        Number = number;
        _random = new Random(number);
        _nodes = [.. Enumerable.Range(0, _random.Next(2, 8)).Select(i => $"m{i}")];
        Write();
    }

    public int Number { get; }

    public string Yaml => _yaml.ToString();

    public override string ToString() => $"lab {Number}:\n{Yaml}";

    private void Write()
    {
        string wires = WriteWires();
        _yaml.AppendLine(CultureInfo.InvariantCulture, $"lab: random {Number}").AppendLine(CultureInfo.InvariantCulture, $"seed: {_random.Next()}").AppendLine("nodes:");
        foreach (string node in _nodes)
        {
            WriteNode(node);
        }

        _yaml.Append(wires);
        _yaml.AppendLine(_pinging is not null && Chance(0.3) ? $"until: {_pinging} exits" : $"until: {_random.Next(50, 4000)}ms");
        _yaml.AppendLine(CultureInfo.InvariantCulture, $"calendar: {{ epoch: {OneOf("100ms", "10ms", "37ms", "1s")} }}");
    }

    /// <summary>Links and segments over all nodes, seldom in several parts that nothing joins, and then some more.</summary>
    private string WriteWires()
    {
        var links = new StringBuilder();
        var segments = new StringBuilder();
        int joined = 1;
        while (joined < _nodes.Length || (_networks.Count < 4 && Chance(0.3)))
        {
            if (joined < _nodes.Length && Chance(0.1))
            {
                joined++;
                continue;
            }

            int[] ends = joined < _nodes.Length
                ? [_random.Next(joined), .. Enumerable.Range(joined, _random.Next(1, Math.Min(4, _nodes.Length - joined + 1)))]
                : [.. Enumerable.Range(0, _nodes.Length).OrderBy(_ => _random.Next()).Take(_random.Next(2, _nodes.Length + 1))];
            joined = Math.Max(joined, ends.Max() + 1);
            _networks.Add(ends);
            string names = string.Join(", ", ends.Select(end => _nodes[end]));
            if (ends.Length == 2 && Chance(0.6))
            {
                links.AppendLine(CultureInfo.InvariantCulture, $"  - {{ between: [{names}], delay: {OneOf(Delays)} }}");
            }
            else
            {
                segments.AppendLine(CultureInfo.InvariantCulture, $"  lan{_networks.Count}: {{ nodes: [{names}], delay: {OneOf(Delays)} }}");
            }
        }

        return (links.Length > 0 ? $"links:\n{links}" : "") + (segments.Length > 0 ? $"segments:\n{segments}" : "");
    }

    private void WriteNode(string node)
    {
        string start = Chance(0.3) ? $", start: {_random.Next(1, 900)}ms" : "";
        string program = Program(node);
        _yaml.Append(CultureInfo.InvariantCulture, $"  {node}: {{ kind: machine, program: '{program}'{start}");
        _yaml.Append(CultureInfo.InvariantCulture, $", interrupts: {{ chip: {OneOf("gicv2", "gicv3")}, latency: {(Chance(0.6) ? "0s" : OneOf(Latencies))} }}");
        if (Chance(program == "shell" ? 0.9 : 0.2))
        {
            IEnumerable<string> typed = Enumerable.Range(0, _random.Next(1, 8)).Select(_ => $"{{ text: \"{Typed()}\", at: {_random.Next(0, 3000)}ms }}");
            _yaml.Append(CultureInfo.InvariantCulture, $", type: [{string.Join(", ", typed)}]");
        }

        _yaml.AppendLine(" }");
    }

    private string Program(string node)
    {
        switch (_random.Next(7))
        {
            case 0:
                return "echo";
            case 1:
                return $"flow --count {_random.Next(1, 400)}";
            case 2:
                return $"flow {Other(node)} --rate {OneOf("100kbit", "1Mbit", "20Mbit")} --size {OneOf(Sizes)} --count {_random.Next(1, 400)}";
            case 3 or 4:
                return "shell";
            default:
                _pinging ??= node;
                return $"ping {Other(node)} --count {_random.Next(1, 60)} --interval {OneOf("1ms", "10ms", "100ms", "400ms")}"
                    + $" --size {OneOf(Sizes)} --wait {OneOf("10ms", "1s", "4s")}{(Chance(0.2) ? " --quiet" : "")}";
        }
    }

    private string Typed() => _random.Next(8) switch
    {
        0 => "date\\n",
        1 => "ec",
        2 => "ho one\\n",
        3 or 4 => $"ping {OneOf(_nodes)}\\n",
        5 => "help\\necho two\\n",
        6 => $"ping 10.0.0.77\\nsleep {_random.Next(1, 3000)}ms\\n",
        _ => Chance(0.2) ? "exit 3\\n" : "sleep 2s\\nping m0\\n",
    };

    /// <summary>Mostly somebody on a network of the node, but not always, and not always there.</summary>
    private string Other(string node)
    {
        int self = Array.IndexOf(_nodes, node);
        int[] near = [.. _networks.Where(ends => ends.Contains(self)).SelectMany(ends => ends).Where(end => end != self)];
        if (near.Length == 0 || Chance(0.1))
        {
            return OneOf([.. _nodes, "nobody", "10.0.0.77"]);
        }

        int other = near[_random.Next(near.Length)];
        return Chance(0.8) ? _nodes[other] : $"fe80::ff:fe{other + 1:x2}:0"; // the link-local address of its eth0
    }

    private bool Chance(double probability) => _random.NextDouble() < probability;

    private string OneOf(params string[] choices) => choices[_random.Next(choices.Length)];
}
