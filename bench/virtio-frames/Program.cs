// What a frame from a driver and one to it cost, in CPU time of one core: over vhost-user, against the same messages
// without any virtio in them, and in one process. And what guest memory costs by system call instead of by mapping.
// Usage: virtio-frames [seconds per row, default 1]
using System.Globalization;
using Orrery.Bench.VirtioFrames;

double seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 1;

using var bare = new BareMessages();
using var sockets = FrameLoop.OverSockets();
using var process = FrameLoop.InProcess();
using var memory = new MemoryAccess();

double floor = Meter.Measure(seconds, bare.Round);
double overSockets = Meter.Measure(seconds, sockets.Round);
double inProcess = Meter.Measure(seconds, process.Round);
double mapped = Meter.Measure(seconds, memory.Map);
double bySystemCall = Meter.Measure(seconds, memory.Pread);
double check = Meter.Measure(seconds, memory.CheckSize);

Console.WriteLine($"{"a frame each way, 98 bytes",-52} {"us",8} {"ratio",7}");
Print("kick, call and their answers as bare messages", floor, floor);
Print("vhost-user: driver, device and their rings", overSockets, floor);
Print("in one process", inProcess, floor);
Console.WriteLine();
Console.WriteLine($"{"110 bytes of guest memory",-52} {"us",8} {"ratio",7}");
Print("through a mapping", mapped, mapped);
Print("by pread", bySystemCall, mapped);
Print("size of the file, once per kick", check, mapped);

static void Print(string what, double microseconds, double unit)
    => Console.WriteLine($"{what,-52} {microseconds,8:F3} {microseconds / unit,7:F2}");
