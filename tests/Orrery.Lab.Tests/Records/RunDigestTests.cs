using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Lab.Records;
using Orrery.Simulation;
using Xunit;

namespace Orrery.Lab.Tests.Records;

public class RunDigestTests
{
    private static readonly Happening[] Small =
    [
        Happening.Life(0, "a", "started"),
        Happening.Frame(5, "a.eth0", 1, 2, 3),
        Happening.Console(7, "a", "hello\n"),
        Happening.Frame(1_500_000_000, "b.eth0", 9),
        Happening.Life(2_000_000_000, "a", "exited 0"),
    ];

    [Fact]
    public void The_digest_is_the_one_that_the_documentation_defines()
    {
        // docs/results.md, "Digest", written out with the base library alone.
        static byte[] Entry(RecordKind kind, ulong time, byte[] payload)
        {
            var head = new byte[13];
            head[0] = (byte)kind;
            BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(1), time);
            BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(9), payload.Length);
            return [.. head, .. payload];
        }

        var streams = new SortedDictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["console a"] = [2, 1, .. "hello\n"u8],
            ["frames a.eth0"] = [1, 1, .. Entry(RecordKind.Frame, 5, [1, 2, 3])],
            ["frames b.eth0"] = [1, 1, .. Entry(RecordKind.Frame, 1_500_000_000, [9])],
            ["life a"] = [3, 1, .. Entry(RecordKind.LifeCycle, 0, "started"u8.ToArray()), .. Entry(RecordKind.LifeCycle, 2_000_000_000, "exited 0"u8.ToArray())],
        };
        var lab = new MemoryStream();
        foreach ((string name, byte[] bytes) in streams)
        {
            lab.Write([.. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(name)), .. Encoding.UTF8.GetBytes(name), .. BitConverter.GetBytes((ulong)bytes.Length)]);
            lab.Write(SHA256.HashData([.. new byte[32], .. bytes]));
        }

        DigestResult digest = RecordBench.Digest(Small);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(lab.ToArray())), digest.Lab);
        Assert.Equal(streams.Keys, digest.Streams.Select(s => s.Name));
        Assert.Equal(streams.Values.Select(v => (ulong)v.Length), digest.Streams.Select(s => s.Length));
    }

    [Fact]
    public void A_run_may_have_many_sources()
    {
        Happening[] many = [.. Enumerable.Range(0, 1000).Select(i => Happening.Frame((ulong)i, $"s{i:D4}", (byte)i))];
        DigestResult digest = RecordBench.Digest(many);
        Assert.Equal(1000, digest.Streams.Count);
        Assert.Equal(digest.Lab, RecordBench.Digest(many.Reverse()).Lab);
    }

    [Fact]
    public void Long_streams_are_chained_block_by_block()
    {
        var bytes = new byte[10_000];
        new Random(1).NextBytes(bytes);
        byte[] content = [2, 1, .. bytes];
        var chain = new byte[32];
        int at = 0;
        for (; content.Length - at > 992; at += 992)
        {
            chain = SHA256.HashData([.. chain, .. content[at..(at + 992)]]);
        }

        byte[] expected = SHA256.HashData([.. chain, .. content[at..]]);
        Happening whole = new(0, "a", RecordKind.Console, bytes);
        Assert.Equal(Convert.ToHexStringLower(expected), RecordBench.Digest([whole]).Streams[0].Sha256);
    }

    [Fact]
    public void Where_a_console_is_cut_and_when_does_not_matter()
    {
        string one = RecordBench.Digest([Happening.Console(1, "a", "hello world\n")]).Lab;
        Assert.Equal(one, RecordBench.Digest([Happening.Console(1, "a", "hel"), Happening.Console(9, "a", ""), Happening.Console(9, "a", "lo world\n")]).Lab);
        Assert.NotEqual(one, RecordBench.Digest([Happening.Console(1, "a", "hello World\n")]).Lab);
        Assert.NotEqual(one, RecordBench.Digest([Happening.Console(1, "b", "hello world\n")]).Lab);
    }

    [Fact]
    public void Log_lines_do_not_count()
    {
        Happening log = new(3, "a", RecordKind.Log, [1, 2, 3]);
        Assert.Equal(RecordBench.Digest(Small).Lab, RecordBench.Digest([.. Small, log]).Lab);
    }

    [Fact]
    public void The_trail_has_a_line_for_each_stream_in_each_second_in_which_it_grew()
    {
        using var text = new StringWriter();
        using var trail = new DigestTrail(text);
        DigestResult digest = RecordBench.Digest(Small, trail: trail);
        string[][] lines = [.. text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))];
        Assert.Equal(
            ["second stream count", "0 console a 6", "0 frames a.eth0 1", "0 life a 1", "1 frames b.eth0 1", "2 life a 1"],
            lines.Select(line => string.Join(' ', line[..3])));
        // A stream's last line shows its hash at the end.
        Assert.Equal(digest.Streams[3].Sha256[..16], lines[^1][3]);
        Assert.Equal(digest.Streams[0].Sha256[..16], lines[1][3]);
        Assert.NotEqual(lines[3][3], lines[^1][3]);
    }

    private static Arbitrary<Happening[]> AnyRun()
    {
        Gen<Happening> any = from time in Gen.Choose(0, 20)
                             from source in Gen.Elements("a", "a.eth0", "b", "b.eth0")
                             from kind in Gen.Elements(RecordKind.Frame, RecordKind.Console, RecordKind.LifeCycle)
                             from payload in Gen.ArrayOf(Gen.Choose(0, 255).Select(b => (byte)b))
                             select new Happening((ulong)time * 300_000_000, source, kind, payload);
        return Arb.From(Gen.ArrayOf(any));
    }

    [Fact]
    public void Timelines_do_not_matter() =>
        Prop.ForAll(AnyRun(), run => RecordBench.Digest(run).Lab == RecordBench.Digest(run, apart: true).Lab)
            .Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Any_changed_byte_or_time_of_a_frame_matters() =>
        Prop.ForAll(AnyRun(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (run, pick) =>
        {
            Happening frame = Happening.Frame(100_000_000, "a.eth0", 1, 2, 3, 4);
            Happening changed = (pick % 5) switch
            {
                4 => frame with { TimeNs = frame.TimeNs + 1 },
                int i => Happening.Frame(frame.TimeNs, frame.Source, [.. frame.Payload.Select((b, j) => j == i ? (byte)(b ^ 0x10) : b)]),
            };
            return RecordBench.Digest([.. run, frame]).Lab != RecordBench.Digest([.. run, changed]).Lab;
        }).Check(Config.QuickThrowOnFailure);
}
