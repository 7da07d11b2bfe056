using Orrery.Lab.Records;
using Orrery.Simulation;
using Xunit;

namespace Orrery.Cli.Tests.Commands;

public sealed class DiffCommandTests : IDisposable, IEventHandler
{
    /// <summary>ICMP echo request from 10.0.0.1 to 10.0.0.2, id 1, seq 7.</summary>
    private const string Ping = "020000020000020000010000" + "0800" + "4500001c00004000400126df0a0000010a000002" + "0800f7f700010007";

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-diff").FullName;
    private (Origin Source, RecordKind Kind, byte[] Payload)[] _run = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    void IEventHandler.Handle(Timeline timeline, ulong argument) =>
        timeline.Record(_run[argument].Source, _run[argument].Kind, _run[argument].Payload);

    /// <summary>A run folder whose records are a start, a frame at one second and an exit.</summary>
    private string Run(string name, ulong seed, string frame)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        using var writer = new RecordFileWriter(Path.Combine(folder, "records"), new RecordFileHeader { Lab = "x", Seed = seed, StartUnixNs = 0, Nodes = ["client"] });
        var simulator = new Simulator();
        simulator.AddRecordReader(writer);
        Timeline timeline = simulator.AddTimeline("all");
        Origin node = simulator.AddOrigin("client");
        Origin port = simulator.AddOrigin("client.eth0");
        _run = [(node, RecordKind.LifeCycle, "started"u8.ToArray()), (port, RecordKind.Frame, Convert.FromHexString(frame)), (node, RecordKind.LifeCycle, "exited 0"u8.ToArray())];
        for (int i = 0; i < _run.Length; i++)
        {
            timeline.Schedule(SimTime.FromSeconds((ulong)i), EventPriority.Devices, node, this, (ulong)i);
        }

        simulator.Run(SimTime.Never);
        return folder;
    }

    [Fact]
    public void Equal_runs()
    {
        CommandResult result = OrreryProcess.Run("diff", Run("a", 1, Ping), Run("b", 1, Ping));
        Assert.Equal((0, "equal: 3 records to 2.000000000 s\n", ""), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public void The_first_difference_is_decoded_on_both_sides()
    {
        CommandResult result = OrreryProcess.Run("diff", Run("a", 1, Ping), Run("b", 2, Ping[..^1] + "8"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the seeds differ: 1 and 2", result.Output, StringComparison.Ordinal);
        Assert.Contains("first difference at 1.000000000 s: frames client.eth0", result.Output, StringComparison.Ordinal);
        Assert.Contains("Echo (ping) request", result.Output, StringComparison.Ordinal);
        Assert.Contains("- Sequence Number (BE): 7 (0x0007)", result.Output, StringComparison.Ordinal);
        Assert.Contains("+ Sequence Number (BE): 8 (0x0008)", result.Output, StringComparison.Ordinal);
        Assert.Contains("first differing byte: 41 of 42 and 42", result.Output, StringComparison.Ordinal);
        Assert.Contains("0.000000000 s  client: started", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_that_cannot_be_read()
    {
        CommandResult result = OrreryProcess.Run("diff", Run("a", 1, Ping), Path.Combine(_folder, "nowhere"));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("not a run", result.Error, StringComparison.Ordinal);
        Assert.Equal(2, OrreryProcess.Run("diff", _folder).ExitCode);
    }
}
