// What the readers of a run's records cost per ping (two frames and a line on a console), in CPU time, and what share that
// is of a ping between two Linux machines.
// Usage: records [pings per row, default 400000]
using System.Globalization;
using Orrery.Bench.Records;
using Orrery.Lab.Records;
using Orrery.Network;
using Orrery.Simulation;

// CPU time of everything that takes part in one ping between two Linux guests (the lab's goal, in microseconds).
const double pingMicroseconds = 390;

ulong pings = args.Length > 0 ? ulong.Parse(args[0], CultureInfo.InvariantCulture) : 400_000;
string folder = Directory.CreateTempSubdirectory("orrery-records").FullName;
try
{
    foreach (int pairs in new[] { 1, 10, 50 })
    {
        double floor = Measure(pairs, _ => []);
        Console.WriteLine($"{$"{pairs} pairs, per ping",-36} {"ns",8} {"of a ping",10}");
        Print("records, in order", floor);
        Print("+ digest", Measure(pairs, _ => [new RunDigest()]) - floor);
        Print("+ digest with its trail", Measure(pairs, _ => [new RunDigest(new DigestTrail(new StreamWriter(At("trail"))))]) - floor);
        Print("+ records in a file", Measure(pairs, _ => [new RecordFileWriter(At("records"), Header())]) - floor);
        Print("+ captures", Measure(pairs, fabric => [Captures(fabric)]) - floor);
        Console.WriteLine();
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

double Measure(int pairs, Func<Fabric, IReadOnlyList<IRecordReader>> readers)
{
    IReadOnlyList<IRecordReader> made = [];
    double ns = new Pings(pairs, fabric => made = readers(fabric)).Measure(pings);
    foreach (IDisposable reader in made.OfType<IDisposable>())
    {
        reader.Dispose();
    }

    return ns;
}

CaptureSet Captures(Fabric fabric)
{
    var captures = new CaptureSet(0);
    for (int i = 0; i < fabric.Ports.Count; i += 2)
    {
        captures.Add(At($"{i}.pcapng"), [fabric.Ports[i], fabric.Ports[i + 1]]);
    }

    return captures;
}

string At(string name) => Path.Combine(folder, name);

static RecordFileHeader Header() => new() { Lab = "pings", Seed = 1, StartUnixNs = 0, Nodes = [] };

static void Print(string what, double ns) => Console.WriteLine($"{what,-36} {ns,8:F0} {ns / 10 / pingMicroseconds,9:F2}%");
