using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Lab.Checkpoints;
using Orrery.Lab.Files;
using Orrery.Lab.Running;
using Orrery.Simulation;
using Xunit;
using RunResult = Orrery.Lab.Running.RunResult;

namespace Orrery.Lab.Tests.Checkpoints;

/// <summary>Checkpoints that nobody saved: refused with a place, or run to an end; never an exception.</summary>
public sealed class ForgedCheckpointTests : IDisposable
{
    /// <summary>At 101 ms frames are on their way, wait in rings and for neighbours; one machine sleeps, one has not booted.</summary>
    private const string Lab = """
        lab: forged
        nodes:
          a: { kind: machine, program: ping b --count 100 --interval 1ms, interrupts: { latency: 3ms } }
          b: { kind: machine, program: echo, interrupts: { chip: gicv2 } }
          c: { kind: machine, program: shell, type: [{ text: "ping 10.0.0.9\nsleep 60ms\nda", at: 80ms }, { text: "te\n", at: 90ms }] }
          d: { kind: machine, program: flow a --rate 10Mbit --count 900 }
          late: { kind: machine, program: echo, start: 150ms }
        segments:
          lan: { nodes: [a, b, c, d, late], delay: 700us }
        until: 200ms
        """;

    /// <summary>Stands for an escape that no library writes.</summary>
    private const string HalfPair = "half a surrogate pair";

    private const int RandomForgeries = 150;

    private static readonly byte[] Saved = Save();

    private readonly LabRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    private static byte[] Save()
    {
        using var runs = new LabRuns();
        return runs.Run(LabRuns.Parse(Lab), SimTime.FromMilliseconds(101)).Checkpoint;
    }

    public static TheoryData<string, string, string> ForgedMembers => new()
    {
        // Member by its place; the value that is put there; what the refusal says.
        { "format", "\"other\"", "does not begin with its format" },
        { "version", "2", "of another version than 1" },
        { "lab/text", "\"nodes: 7\"", "lab: test.yaml:1:8" },
        { "lab/file", "\"\"", "lab.file: is no name of a file" },
        { "lab/file", "\"a\\u0000b\"", "lab.file: is no name of a file" },
        { "lab/text", "\"nodes: { a: { kind: linux } }\\nuntil: 1s\"", "node 'a', of kind linux" },
        { "simulation/now_nanoseconds", "900000000", "it stands at 900ms, after the lab's end at 200ms" },
        { "simulation/now_nanoseconds", "-1", "$.simulation.now_nanoseconds" },
        { "simulation/timelines/0/events/0/due_nanoseconds", "5", "is due in the past" },
        { "simulation/timelines/0/events/0/handler", "\"a boot\"", "has no such handler" },
        { "simulation/timelines/0/events/0/handler", "\"late boot\"", "has not the" },
        { "simulation/timelines/0/events/0/priority", "\"Nonsense\"", "priority" },
        { "networks/ports", "[]", "networks: ports: 0 were saved, but there are 5" },
        { "networks/frames/0/wire", "\"nowhere\"", "networks: frames[0]: there is no wire 'nowhere'" },
        { "networks/frames/0/bytes", "\"AAAA\"", "networks: frames[0]: 3 bytes are not 14 to" },
        { "networks/segments/0/stations/0/port", "5", "networks: segments[0]:" },
        { "networks/segments/0/stations/0/seen_nanoseconds", "999000000000", "networks: segments[0]:" },
        { "networks/segments/0/stations/0/address", "\"ff:ff:ff:ff:ff:ff\"", "networks: segments[0]:" },
        { "nodes/0/name", "\"b\"", "nodes[0]: was saved as 'b', but is 'a'" },
        { "nodes/0/life/state", "7", "nodes[0]: life: state" },
        { "nodes/0/life/exit_code", "0", "nodes[0]: life:" },
        { "nodes/0/machine/booted", "false", "nodes[0]: machine: a machine that has not booted" },
        { "nodes/0/machine/stack", "null", "nodes[0]: machine:" },
        { "nodes/0/machine/cards", "[]", "nodes[0]: machine: 0 cards" },
        { "nodes/0/machine/cards/0/calls", "4", "cards[0]: calls: 0x4" },
        { "nodes/0/machine/cards/0/rings/0/enabled", "false", "cards[0]: rings[0]: is enabled while" },
        { "nodes/0/machine/cards/0/rings/0/available/0/number", "99", "rings[0]: its buffers are not those from 0 to 15" },
        { "nodes/0/machine/cards/0/rings/0/available/0/length", "99999", "rings[0]: buffer" },
        { "nodes/0/machine/interrupts/lines/0/name", "\"x\"", "interrupts: lines: not those of the machine" },
        { "nodes/0/machine/interrupts/chip/kind", "\"gicv2\"", "interrupts: chip:" },
        { "nodes/0/machine/interrupts/chip/version", "9", "interrupts: chip: version" },
        { "nodes/0/machine/stack/neighbors/0/interface", "1", "stack: neighbors[0]: there is no interface 1" },
        { "nodes/0/machine/stack/neighbors/0/address", "\"home\"", "stack: neighbors[0]: 'home' is no address" },
        { "nodes/0/machine/program", "{\"sent\":0}", "program: it has sent" },
        { "nodes/0/machine/program", "{\"sent\":1,\"x\":2}", "program: " },
        { "nodes/2/machine/asleep", "false", "nodes[2]: machine: cards[0]" },
        { "nodes/2/machine/program/line", "null", "program: " },
        { "digest/streams/0/source", "4000", "digest: streams[0]: there is no source 4000" },
        { "digest/streams/0/block", "\"\"", "digest: streams[0]: 0 bytes are no block" },
        { "output/0/source", "4000", "output[0]:" },
        { "output/0/omitted", "-1", "output[0]:" },
        { "nodes/1", "null", "a list holds a null" },
        { "nodes", "null", "$.nodes" },
        { "simulation/extra", "1", "extra" },
    };

    [Theory]
    [MemberData(nameof(ForgedMembers))]
    public void A_forged_member_is_refused_and_named(string place, string value, string message)
    {
        JsonNode root = JsonNode.Parse(Saved)!;
        string[] path = place.Split('/');
        JsonNode parent = path[..^1].Aggregate(root, (node, name) => node is JsonArray array ? array[Index(name)]! : node[name]!);
        if (parent is JsonArray list)
        {
            list[Index(path[^1])] = JsonNode.Parse(value);
        }
        else
        {
            parent[path[^1]] = JsonNode.Parse(value);
        }

        Assert.Contains(message, WhyRefused(Encoding.UTF8.GetBytes(root.ToJsonString())), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_breaks_off_is_refused_wherever_it_does()
    {
        for (int length = 0; length < Saved.Length; length += 97)
        {
            Assert.NotEqual("", WhyRefused(Saved[..length]));
        }
    }

    [Fact]
    public void What_is_no_file_is_refused()
    {
        Assert.Null(CheckpointFile.Load("/nowhere/at/all", out string error));
        Assert.Contains("cannot be read", error, StringComparison.Ordinal);
        Assert.Null(CheckpointFile.Load(Path.GetTempPath(), out error));
        Assert.Contains("cannot be read", error, StringComparison.Ordinal);
        string large = Path.Combine(Path.GetTempPath(), $"orrery-large-{Environment.ProcessId}");
        using (var sparse = new FileStream(large, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1, FileOptions.DeleteOnClose))
        {
            sparse.SetLength(CheckpointFile.SizeMax + 1L);
            Assert.Null(CheckpointFile.Load(large, out error));
        }

        Assert.Contains("are more than a checkpoint has", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_members_with_random_values_never_throw() => Prop.ForAll(
        (from member in Gen.Choose(0, int.MaxValue)
         from other in Gen.Choose(0, int.MaxValue)
         from manner in Gen.Choose(0, 9)
         select (member, other, manner)).ToArbitrary(),
        test =>
        {
            JsonNode root = JsonNode.Parse(Saved)!;
            Mutate(root, test.member, test.other, test.manner);
            WhyRefused(Encoding.UTF8.GetBytes(root.ToJsonString().Replace(HalfPair, "\\ud800", StringComparison.Ordinal)));
            _runs.Clear();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(RandomForgeries));

    [Fact]
    public void Random_bytes_never_throw()
    {
        // Behind the lab itself: that a lab file may be anything is tested where it is read.
        int start = Encoding.UTF8.GetString(Saved).IndexOf("\"simulation\"", StringComparison.Ordinal);
        Prop.ForAll(
            (from place in Gen.Choose(start, Saved.Length - 1)
             from value in Gen.Choose(0, 255)
             select (place, value)).ToArbitrary(),
            test =>
            {
                byte[] bytes = [.. Saved];
                bytes[test.place] = (byte)test.value;
                WhyRefused(bytes);
                _runs.Clear();
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(RandomForgeries));
    }

    private static void Mutate(JsonNode root, int member, int other, int manner)
    {
        List<JsonNode> all = [.. Descendants(root).Where(node => node != root["lab"] && node.Parent != root["lab"])];
        JsonNode victim = all[member % all.Count];
        JsonNode? value = manner switch
        {
            0 => JsonNode.Parse("0"),
            1 => JsonNode.Parse("-1"),
            2 => JsonNode.Parse("18446744073709551615"),
            3 => JsonNode.Parse("\"\""),
            4 => JsonNode.Parse("null"),
            5 => JsonNode.Parse("[]"),
            6 => JsonNode.Parse("true"),
            7 => JsonValue.Create(HalfPair),
            8 => JsonNode.Parse("150000000"),
            _ => all[other % all.Count].DeepClone(),
        };
        victim.ReplaceWith(value);
    }

    private static IEnumerable<JsonNode> Descendants(JsonNode node)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject members => members.Select(member => member.Value),
            JsonArray items => items,
            _ => [],
        };
        return children.OfType<JsonNode>().SelectMany(child => Descendants(child).Prepend(child));
    }

    /// <summary>Resumes as the command does. What is not refused runs to an end, whatever it does.</summary>
    /// <returns>Why it was refused; empty when it was not.</returns>
    private string WhyRefused(byte[] bytes)
    {
        CheckpointState? state = CheckpointFile.Read(bytes, out string problem);
        LabDefinition? lab = state is null ? null : CheckpointFile.ReadLab(state, out problem);
        if (lab is null)
        {
            Assert.NotEqual("", problem);
            return problem;
        }

        RunResult result = _runs.Resume(lab, state!).Result;
        return result.Status == RunStatus.Unusable ? result.Reason : "";
    }

    private static int Index(string name) => int.Parse(name, CultureInfo.InvariantCulture);
}
