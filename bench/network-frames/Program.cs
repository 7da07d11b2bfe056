// What a frame of 98 bytes costs from port to port, in CPU time, with its record: over links and segments, on one timeline
// and between two.
// Usage: network-frames [frames per row, default 1000000]
using System.Globalization;
using Orrery.Bench.NetworkFrames;
using Orrery.Network;

ulong frames = args.Length > 0 ? ulong.Parse(args[0], CultureInfo.InvariantCulture) : 1_000_000;
double unit = new Echoes(Echoes.Link, apart: false).Measure(frames);
Console.WriteLine($"{"a frame, delivered",-36} {"ns",8} {"ratio",7}");
Print("link, one timeline", Echoes.Link, apart: false);
Print("link, two timelines", Echoes.Link, apart: true);
Print("segment, one timeline", Echoes.Segment, apart: false);
Print("segment with a timeline of its own", Echoes.Segment, apart: true);

void Print(string what, Action<Fabric, Port, Port> join, bool apart)
{
    double ns = new Echoes(join, apart).Measure(frames);
    Console.WriteLine($"{what,-36} {ns,8:F0} {ns / unit,7:F2}");
}
