using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Interrupts.Conformance.Comparison;
using Orrery.Interrupts.Conformance.Generation;
using Orrery.Interrupts.Conformance.Models;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;
using Xunit;

namespace Orrery.Interrupts.Tests.Conformance;

/// <summary>Generated programs, and the text they are kept as.</summary>
public class ProgramTests
{
    public static TheoryData<VgicKind> Gics => [VgicKind.GicV2, VgicKind.GicV3];

    [Theory]
    [MemberData(nameof(Gics))]
    public void Seed_and_number_name_a_program_whatever_was_generated_before(VgicKind gic)
    {
        ConformanceProgram alone = new ProgramGenerator(gic, 7).Generate(41);
        var generator = new ProgramGenerator(gic, 7);
        _ = generator.Generate(3);
        Assert.Equal(alone.ToString(), generator.Generate(41).ToString());
        Assert.NotEqual(alone.ToString(), generator.Generate(42).ToString());
        Assert.NotEqual(alone.ToString(), new ProgramGenerator(gic, 8).Generate(41).ToString());
    }

    [Theory]
    [MemberData(nameof(Gics))]
    public void Every_generated_program_survives_being_written_and_read(VgicKind gic)
    {
        var generator = new ProgramGenerator(gic, 3);
        for (int number = 0; number < 300; number++)
        {
            ConformanceProgram program = generator.Generate(number);
            OperationResult[] results = ModelMachine.Run(program, GicDeviations.None);
            var trace = new ProgramTrace(program, [.. results]) { Title = ["a title"], RecordedOn = "a model" };
            string text = trace.ToString();
            Assert.True(ProgramTrace.TryParse(text, out ProgramTrace? read, out string problem), problem);
            Assert.Equal(text, read.ToString());
            Assert.Equal(program.Operations.AsEnumerable(), read.Program.Operations);
            Assert.Equal(results, read.Results);
        }
    }

    /// <summary>What depends on the order of equal priorities would not be comparable.</summary>
    [Theory]
    [MemberData(nameof(Gics))]
    public void Generated_programs_hardly_ever_depend_on_the_order_of_equal_priorities(VgicKind gic)
    {
        var generator = new ProgramGenerator(gic, 5);
        int ambiguous = Enumerable.Range(0, 500).Select(generator.Generate).Count(program =>
            !ModelMachine.Run(program, GicDeviations.None).AsSpan().SequenceEqual(ModelMachine.Run(program, GicDeviations.TiesToHighest)));
        Assert.InRange(ambiguous, 0, 2);
    }

    [Theory]
    [InlineData("gic 4", "line 1: expected a number from 2 to 3")]
    [InlineData("gic 3\nvcpus 9", "line 2: expected a number from 1 to 4")]
    [InlineData("gic 3\nvcpus 1\ninterrupts 65", "line 3: expected a number from 64 to 1024 in steps of 32")]
    [InlineData("gic 3\nvcpus 1", "line 2: the lines 'gic', 'vcpus' and 'interrupts' are needed")]
    [InlineData("gic 3\nvcpus 1\ninterrupts 64\ncpu1 ack 0", "line 4: the machine has 1 vCPUs: cpu1 ack 0")]
    [InlineData("gic 3\nvcpus 1\ninterrupts 64\ncpu0 ack 8", "line 4: column 10: expected a slot, 0 to 7")]
    [InlineData("gic 3\nvcpus 1\ninterrupts 64\ncpu0 ack 0 x", "line 4: column 12: expected the end of the line")]
    [InlineData("gic 3\nvcpus 1\ninterrupts 64\ncpu0 read GICX+0x0/4", "line 4: column 11: expected a register such as GICD+0x104/4, GICC+0xc/4, GICR1+0x8/8 or GICR_SGI1+0x100/4")]
    [InlineData("gic 3\nvcpus 1\ninterrupts 64\ncpu0 mrs TTBR0_EL1", "line 4: column 10: expected the name of a system register")]
    [InlineData("gic 3\nvcpus 1\ninterrupts 64\ncpu0 ack 0 => maybe", "line 4: expected a result behind '=>': 0x1b, [27 27], fault 0x00, error 22 or missing")]
    [InlineData("gic 3\nvcpus 1\ninterrupts 64\ncpu0 ack 0 => 0x1\ncpu0 ack 1", "line 5: either all operations have a result or none has")]
    [InlineData("gic 3\nvcpus 1\ninterrupts 64\nhost set NOWHERE 0x0/4 0x0", "line 4: column 10: expected an attribute group: ADDR, DIST_REGS, CPU_REGS, NR_IRQS, CTRL, REDIST_REGS, CPU_SYSREGS, LEVEL_INFO, ITS_REGS")]
    public void What_is_no_trace_is_named_at_its_place(string text, string expected)
    {
        Assert.False(ProgramTrace.TryParse(text, out _, out string problem));
        Assert.Equal(expected, problem);
    }

    [Fact]
    public void A_file_of_traces_names_the_line_of_the_file()
    {
        const string good = "gic 3\nvcpus 1\ninterrupts 64\ncpu0 ack 0\n";
        Assert.False(TraceFile.TryParse($"{good}---\n{good}cpu0 sleep\n", out _, out string problem));
        Assert.StartsWith("line 10: ", problem);
        Assert.True(TraceFile.TryParse($"{good}---\n{good}", out var traces, out _));
        Assert.Equal(2, traces.Length);
    }

    /// <summary>Damaged traces: whatever is cut, doubled or overwritten, the answer is a problem, or a trace that can be judged.</summary>
    [Fact]
    public void No_text_makes_the_parser_throw()
    {
        string golden = GoldenFiles.Text(Path.Combine("Random", "gic3.traces"))[..4000];
        Gen<string> damaged =
            from at in Gen.Choose(0, golden.Length - 1)
            from length in Gen.Choose(0, 40)
            from with in ArbMap.Default.GeneratorFor<string>()
            select golden[..at] + with + golden[Math.Min(golden.Length, at + length)..];
        Prop.ForAll(damaged.ToArbitrary(), text =>
        {
            if (!TraceFile.TryParse(text, out ImmutableArray<ProgramTrace> traces, out string problem))
            {
                return problem.Length > 0;
            }

            return traces.All(trace => trace.Results.IsEmpty || Enum.IsDefined(Verdict.Of(trace.Program, [.. trace.Results]).Kind));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }
}
