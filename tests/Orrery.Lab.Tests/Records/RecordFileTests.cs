using FsCheck;
using FsCheck.Fluent;
using Orrery.Lab.Records;
using Orrery.Simulation;
using Xunit;

namespace Orrery.Lab.Tests.Records;

public sealed class RecordFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-records").FullName;

    private string Path => System.IO.Path.Combine(_folder, "records");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static readonly Happening[] Run =
    [
        Happening.Life(0, "a", "started"),
        Happening.Frame(5_000_000_000_000, "a.eth0", [.. Enumerable.Range(0, 300).Select(i => (byte)i)]),
        Happening.Console(5_000_000_000_001, "a", ""),
        Happening.Console(5_000_000_000_001, "b", "x"),
    ];

    private static List<StoredRecord> ReadAll(RecordFileReader reader)
    {
        var records = new List<StoredRecord>();
        while (reader.Next() is { } record)
        {
            records.Add(record);
        }

        return records;
    }

    [Fact]
    public void What_was_written_is_read_back()
    {
        RecordBench.Write(Path, Run);
        using RecordFileReader reader = RecordFileReader.Open(Path, out _)!;
        Assert.Equal(RecordBench.Header.Nodes, reader.Header.Nodes);
        Assert.Equal(Run.Select(h => (h.TimeNs, h.Source, h.Kind, Convert.ToHexString(h.Payload))),
            ReadAll(reader).Select(r => (r.Time.Nanoseconds, r.Source, r.Kind, Convert.ToHexString(r.Payload))));
        Assert.False(reader.IsCutOff);
        Assert.Null(reader.Fault);
    }

    [Fact]
    public void More_than_a_buffer_is_read_back()
    {
        Happening[] many = [.. Enumerable.Range(0, 3000).Select(i => Happening.Frame((ulong)i, "a.eth0", [.. Enumerable.Repeat((byte)i, 1500)]))];
        RecordBench.Write(Path, many);
        using RecordFileReader reader = RecordFileReader.Open(Path, out _)!;
        Assert.Equal(many.Select(h => Convert.ToHexString(h.Payload)), ReadAll(reader).Select(r => Convert.ToHexString(r.Payload)));
    }

    [Fact]
    public void A_file_that_breaks_off_gives_what_is_there()
    {
        RecordBench.Write(Path, Run);
        byte[] whole = File.ReadAllBytes(Path);
        for (int size = whole.Length - 1; size > whole.Length - 300; size--)
        {
            File.WriteAllBytes(Path, whole[..size]);
            using RecordFileReader reader = RecordFileReader.Open(Path, out _)!;
            Assert.InRange(ReadAll(reader).Count, 1, 4);
            Assert.True(reader.IsCutOff);
        }
    }

    [Fact]
    public void Other_files_are_refused()
    {
        Assert.Null(RecordFileReader.Open(Path, out string error));
        Assert.Contains("cannot be read", error, StringComparison.Ordinal);
        File.WriteAllText(Path, "orrery records 2\n{}");
        Assert.Null(RecordFileReader.Open(Path, out error));
        Assert.Contains("not a file of records", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_changed_byte_is_read_without_harm()
    {
        RecordBench.Write(Path, Run);
        byte[] whole = File.ReadAllBytes(Path);
        Gen<(int At, byte Value)> change = Gen.Choose(0, whole.Length - 1).Zip(Gen.Choose(0, 255).Select(b => (byte)b));
        Prop.ForAll(Gen.NonEmptyListOf(change).ToArbitrary(), changes =>
        {
            byte[] damaged = [.. whole];
            foreach ((int at, byte value) in changes)
            {
                damaged[at] = value;
            }

            File.WriteAllBytes(Path, damaged);
            using RecordFileReader? reader = RecordFileReader.Open(Path, out string error);
            return reader is null ? error.Length > 0 : ReadAll(reader).Count < 1000;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void A_full_disk_and_a_limit_end_the_file_only()
    {
        Happening[] many = [.. Enumerable.Range(0, 400).Select(i => Happening.Frame((ulong)i, "a.eth0", new byte[1500]))];
        using (var full = new RecordFileWriter("/dev/full", RecordBench.Header))
        {
            RecordBench.Run(many, apart: false, full);
            Assert.Contains("end early", full.Fault, StringComparison.Ordinal);
        }

        using (var limited = new RecordFileWriter(Path, RecordBench.Header, sizeMax: 100_000))
        {
            RecordBench.Run(many, apart: false, limited);
            Assert.Contains("100000 bytes", limited.Fault, StringComparison.Ordinal);
        }

        Assert.InRange(new FileInfo(Path).Length, 100_000, 102_000);
        using RecordFileReader reader = RecordFileReader.Open(Path, out _)!;
        Assert.InRange(ReadAll(reader).Count, 60, 70);
        Assert.True(reader.IsCutOff);
    }
}
