using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Orrery.Interrupts.Conformance;
using Orrery.Interrupts.Conformance.Comparison;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Cli.Commands;

/// <summary>
/// <c>orrery irq conformance [TRACE...]</c>: runs generated programs, or those of trace files, on real KVM in an
/// emulated machine and on the models, and says where they differ.
/// </summary>
internal static class IrqConformanceCommand
{
    private const int Agrees = 0;
    private const int Differs = 1;
    private const int Unusable = 2;

    public static Command Create()
    {
        var traces = new Argument<string[]>("TRACE")
        {
            Description = "Files with programs to run in place of generated ones (docs/irq-conformance.md).",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var gic = new Option<int?>("--gic") { Description = "GICv2 or GICv3 alone; both when not given.", HelpName = "2|3" };
        var count = new Option<int>("--count", "-n")
        {
            Description = "How many programs for each GIC.", HelpName = "N", DefaultValueFactory = _ => 1000,
        };
        var seed = new Option<ulong>("--seed")
        {
            Description = "Names the sequence of programs.", HelpName = "S", DefaultValueFactory = _ => 1,
        };
        var first = new Option<int>("--first") { Description = "The number of the first program in its sequence.", HelpName = "N" };
        var record = new Option<bool>("--record") { Description = "Writes what KVM did into the TRACE files." };
        var kernel = new Option<string?>("--kernel")
        {
            Description = "An arm64 Image with KVM, virtio-pci and virtio-console built in, in place of Debian's.", HelpName = "PATH",
        };
        var smallest = new Option<string?>("--smallest")
        {
            Description = "A directory for the smallest case of each known deviation that is seen.", HelpName = "DIR",
        };
        var save = new Option<string?>("--save")
        {
            Description = "A directory for the traces of all programs, one file for each GIC.", HelpName = "DIR",
        };
        var keep = new Option<bool>("--keep") { Description = "Keeps the directory with the emulated machine's console." };
        gic.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is not (null or 2 or 3))
            {
                result.AddError("--gic is 2 or 3");
            }
        });
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--count is at least 1");
            }
        });
        var command = new Command("conformance", "Compares the GIC models with real KVM in an emulated machine.")
        {
            traces, gic, count, seed, first, record, smallest, save, kernel, keep,
        };
        command.SetAction(parsed =>
        {
            VgicKind[] gics = parsed.GetValue(gic) is { } version ? [(VgicKind)version] : [VgicKind.GicV2, VgicKind.GicV3];
            EmulatedHostOptions HostOf(VgicKind kind) => new(kind)
            {
                Kernel = parsed.GetValue(kernel),
                Keep = parsed.GetValue(keep),
            };
            if (parsed.GetValue(traces) is { Length: > 0 } files)
            {
                return RunTraces(files, HostOf, parsed.GetValue(record));
            }

            ConformanceOptions[] runs =
            [
                .. gics.Select(kind => new ConformanceOptions(kind)
                {
                    Count = parsed.GetValue(count),
                    Seed = parsed.GetValue(seed),
                    First = parsed.GetValue(first),
                    SmallestCases = parsed.GetValue(smallest) is not null,
                    Traces = parsed.GetValue(save) is not null,
                    Host = HostOf(kind),
                }),
            ];
            return Generate(runs, parsed.GetValue(smallest), parsed.GetValue(save));
        });
        return command;
    }

    /// <summary>Each controller has a machine and a thread of its own.</summary>
    private static int Generate(ConformanceOptions[] runs, string? smallestInto, string? saveInto)
    {
        using var progress = new Reporting.ProgressLine("programs", runs.Sum(run => run.Count));
        var statuses = new int[runs.Length];
        var texts = new string[runs.Length];
        Parallel.For(0, runs.Length, i =>
        {
            var watch = Stopwatch.StartNew();
            int reported = 0;
            bool ran = ConformanceRun.TryRun(
                runs[i],
                done =>
                {
                    progress.Add(done - reported);
                    reported = done;
                },
                out ConformanceReport? report, out string problem);
            texts[i] = ran
                ? Reporting.ConformanceText.Of(report!, watch.Elapsed)
                : $"orrery: GICv{(int)runs[i].Gic}: {problem}\n";
            foreach (SmallestCase smallest in ran ? report!.SmallestCases : [])
            {
                Directory.CreateDirectory(smallestInto!);
                File.WriteAllText(Path.Combine(smallestInto!, $"{smallest.Known.Id}-gic{(int)runs[i].Gic}.trace"), smallest.Trace.ToString());
            }

            if (ran && saveInto is not null)
            {
                Directory.CreateDirectory(saveInto);
                File.WriteAllText(Path.Combine(saveInto, $"gic{(int)runs[i].Gic}.traces"), TraceFile.Format(report!.Traces));
            }

            statuses[i] = !ran ? Unusable : report!.Unexplained.IsEmpty ? Agrees : Differs;
        });
        progress.Clear();
        for (int i = 0; i < runs.Length; i++)
        {
            (statuses[i] == Unusable ? Console.Error : Console.Out).Write(texts[i]);
        }

        return statuses.Max();
    }

    private static int RunTraces(string[] files, Func<VgicKind, EmulatedHostOptions> hostOf, bool record)
    {
        var traces = new List<(string File, ProgramTrace Trace)>();
        foreach (string file in files)
        {
            if (!InputFile.TryReadText(file, out string? text, out string problem)
                || !TraceFile.TryParse(text, out ImmutableArray<ProgramTrace> read, out problem))
            {
                Console.Error.WriteLine($"orrery: {file}: {problem}");
                return Unusable;
            }

            traces.AddRange(read.Select(trace => (file, trace)));
        }

        int status = Agrees;
        var again = new List<(string File, ProgramTrace Trace)>();
        foreach (var group in traces.GroupBy(trace => trace.Trace.Program.Shape.Gic))
        {
            (string File, ProgramTrace Trace)[] some = [.. group];
            if (!TraceRecorder.TryRecord([.. some.Select(t => t.Trace)], hostOf(group.Key), out var recorded, out string problem))
            {
                Console.Error.WriteLine($"orrery: {problem}");
                return Unusable;
            }

            for (int i = 0; i < some.Length; i++)
            {
                (ProgramTrace trace, Verdict verdict) = recorded[i];
                status = Math.Max(status, verdict.Kind == VerdictKind.Unexplained ? Differs : Agrees);
                string known = verdict.Known.IsEmpty ? string.Empty : $" ({string.Join(", ", verdict.Known.Select(k => k.Id))})";
                Console.Write(string.Create(CultureInfo.InvariantCulture, $"{some[i].File}: {Reporting.ConformanceText.Of(verdict.Kind)}{known}\n"));
                if (verdict.Difference is { } difference)
                {
                    Console.Write(difference.ToListing());
                }

                again.Add((some[i].File, trace));
            }
        }

        foreach (var file in record ? again.GroupBy(t => t.File, t => t.Trace) : [])
        {
            File.WriteAllText(file.Key, TraceFile.Format(file));
        }

        return status;
    }
}
