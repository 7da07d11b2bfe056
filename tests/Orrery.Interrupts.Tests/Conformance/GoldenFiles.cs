using System.Runtime.CompilerServices;
using Orrery.Interrupts.Conformance.Programs;
using Xunit;

namespace Orrery.Interrupts.Tests.Conformance;

/// <summary>The traces recorded on real KVM that are kept in the repository.</summary>
internal static class GoldenFiles
{
    /// <summary>Files below a folder of Golden, by path from there.</summary>
    public static IEnumerable<string> In(string folder) =>
        Directory.GetFiles(Path.Combine(Root(), folder), "*.trace*")
            .Select(file => Path.GetRelativePath(Root(), file))
            .Order(StringComparer.Ordinal);

    public static string Text(string file) => File.ReadAllText(Path.Combine(Root(), file));

    /// <summary>The traces of a file, all recorded.</summary>
    public static IReadOnlyList<ProgramTrace> Load(string file)
    {
        Assert.True(TraceFile.TryParse(Text(file), out var traces, out string problem), $"{file}: {problem}");
        Assert.All(traces, trace => Assert.True(trace.IsRecorded && trace.RecordedOn.Length > 0, file));
        return traces;
    }

    public static TheoryData<string> Theory(string folder) => [.. In(folder)];

    private static string Root([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "Golden");
}
