// Same seed, same bytes: labs of real kernels with TCP, ICMP and IPv6 traffic are run again and again, with one worker and
// two, groups split and whole, schedule memory on and off, in different folders and environments, beside other processes
// that come and go. Prints one line per seed, and every run on standard error; exit status 1 when a run differs, or two seeds do not.
// Usage: reproducibility [runs per seed, default 20] [numbers of nodes, default 2 20 100]. Needs the published command (./orrery builds it).
using System.Diagnostics;
using System.Globalization;
using Orrery.Bench.Reproducibility;

const int runsOfOtherSeed = 2;
if (args is ["burn"])
{
    HostLoad.Burn();
    return 0;
}

int[] numbers = [.. args.Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
int runs = numbers.Length > 0 ? numbers[0] : 20;
int[] sizes = numbers.Length > 1 ? numbers[1..] : [2, 20, 100];
string command = FindCommand();
bool same = true;
foreach (int nodes in sizes)
{
    string first = Repeat(nodes, seed: 1, runs);
    string other = Repeat(nodes, seed: 2, runsOfOtherSeed);
    if (first == other)
    {
        Console.WriteLine($"{nodes} nodes: NO DIFFERENCE between two seeds");
        same = false;
    }
}

return same ? 0 : 1;

string Repeat(int nodes, ulong seed, int count)
{
    string lab = MixedTraffic.Write(nodes, seed);
    long begin = Stopwatch.GetTimestamp();
    string digest = "";
    int equal = 0;
    for (int i = 0; i < count; i++)
    {
        var manner = new Manner(i);
        string outcome = manner.Run(command, lab);
        digest = i == 0 ? outcome : digest;
        Console.Error.WriteLine($"{nodes} nodes, seed {seed}, run {i} ({manner}) at {Stopwatch.GetElapsedTime(begin).TotalSeconds:F0} s: {outcome}");
        if (outcome == digest && outcome.Length == 64)
        {
            equal++;
            continue;
        }

        same = false;
        Console.WriteLine($"{nodes} nodes, seed {seed}, run {i} ({manner}): {outcome}");
    }

    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{nodes} nodes, seed {seed}: {equal} of {count} runs with digest {digest}, {Stopwatch.GetElapsedTime(begin).TotalSeconds:F0} s"));
    return digest;
}

static string FindCommand()
{
    string? folder = AppContext.BaseDirectory;
    while (folder is not null && !File.Exists(Path.Combine(folder, "Orrery.slnx")))
    {
        folder = Path.GetDirectoryName(folder);
    }

    return Path.Combine(folder!, "artifacts", "orrery", "orrery");
}
