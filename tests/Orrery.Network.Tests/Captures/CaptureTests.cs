using System.Diagnostics;
using Orrery.Simulation;
using Xunit;

namespace Orrery.Network.Tests.Captures;

/// <summary>What tshark reads in the captures that are written here.</summary>
public sealed class CaptureTests : IDisposable
{
    private const ulong Start = 1_767_225_600_000_000_000; // 2026-01-01T00:00:00Z

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-capture").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Frames_have_their_time_interface_direction_and_bytes()
    {
        var bench = new Bench(apart: true);
        Station a = bench.AddStation("a");
        Station b = bench.AddStation("b");
        Link link = bench.Fabric.AddLink("wire", a.Port, b.Port, SimDuration.FromMilliseconds(5));
        string path = Path.Combine(_folder, "wire.pcapng");
        using (var captures = new CaptureSet(Start))
        {
            captures.Add(path, [link.A, link.B]);
            bench.Simulator.AddRecordReader(captures);
            a.SendAt(1, TestFrame.Make(TestFrame.Station(2), TestFrame.Station(1), 1, 2, 3));
            b.SendAt(999_123_456_789, TestFrame.Make(TestFrame.Station(1), TestFrame.Station(2)));
            a.SendAt(1_000_000_000_000, TestFrame.Make(MacAddress.Broadcast, TestFrame.Station(1), new byte[1500]));
            bench.Run();
            Assert.Empty(captures.Faults);
        }

        Assert.Equal(
            [
                "1767225600.000000001|a|0x00000002|17|02:00:00:00:00:01|02:00:00:00:00:02",
                "1767226599.123456789|b|0x00000002|14|02:00:00:00:00:02|02:00:00:00:00:01",
                "1767226600.000000000|a|0x00000002|1514|02:00:00:00:00:01|ff:ff:ff:ff:ff:ff",
            ],
            Tshark(path, "frame.time_epoch", "frame.interface_name", "frame.packet_flags", "frame.len", "eth.src", "eth.dst"));
    }

    [Fact]
    public void A_capture_has_only_the_frames_of_its_own_ports()
    {
        var bench = new Bench(apart: true);
        Station[] s = [.. Enumerable.Range(0, 5).Select(i => bench.AddStation($"s{i}"))];
        bench.Fabric.AddLink("wire", s[0].Port, s[1].Port, SimDuration.FromMilliseconds(5));
        Segment lan = bench.Fabric.AddSegment("lan", [s[2].Port, s[3].Port, s[4].Port], SimDuration.FromMilliseconds(5));
        string path = Path.Combine(_folder, "lan.pcapng");
        using (var captures = new CaptureSet(Start))
        {
            captures.Add(path, lan.Ports);
            bench.Simulator.AddRecordReader(captures);
            for (int i = 0; i < 5; i++)
            {
                s[i].SendAt((ulong)i, TestFrame.Make(MacAddress.Broadcast, TestFrame.Station(i)));
            }

            bench.Run();
        }

        Assert.Equal(["s2", "s3", "s4"], Tshark(path, "frame.interface_name"));
    }

    [Fact]
    public void A_large_capture_reaches_the_file_while_it_grows()
    {
        using var output = new MemoryStream();
        using var writer = new PcapngWriter(output);
        uint port = writer.AddInterface("a");
        for (int i = 0; i < 1000; i++)
        {
            writer.WriteSent(port, Start, new byte[1514]);
        }

        Assert.InRange(output.Length, 1000 * 1514 - (128 << 10), 1000 * 1600);
    }

    [Fact]
    public void A_full_disk_ends_the_capture_only()
    {
        var bench = new Bench(apart: true);
        Station a = bench.AddStation("a");
        Station b = bench.AddStation("b");
        Link link = bench.Fabric.AddLink("wire", a.Port, b.Port, SimDuration.FromMilliseconds(1));
        var captures = new CaptureSet(Start);
        captures.Add("/dev/full", [link.A, link.B]);
        bench.Simulator.AddRecordReader(captures);
        for (int i = 0; i < 100; i++)
        {
            a.SendAt((ulong)i, TestFrame.Make(TestFrame.Station(2), TestFrame.Station(1), new byte[1500]));
        }

        bench.Run();
        captures.Dispose();
        Assert.Equal(100, b.Deliveries.Count);
        Assert.Contains("/dev/full", Assert.Single(captures.Faults), StringComparison.Ordinal);
    }

    private static string[] Tshark(string path, params string[] fields)
    {
        string[] arguments = ["-n", "-r", path, "-T", "fields", "-E", "separator=|", .. fields.SelectMany(field => new[] { "-e", field })];
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(new ProcessStartInfo("tshark", arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
