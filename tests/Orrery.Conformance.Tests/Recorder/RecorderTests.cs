using System.Diagnostics;
using System.Runtime.CompilerServices;
using Orrery.Interrupts.Linting;
using Xunit;

namespace Orrery.Conformance.Tests.Recorder;

/// <summary>What tools/kvm-trace records of a program is what the linter reads; what strace records of it is not.</summary>
public sealed class RecorderTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("orrery-recorder-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void The_recorder_writes_what_the_pointers_point_to()
    {
        Run("gcc", "-shared", "-fPIC", "-o", "kvm-trace.so", Path.Combine(Here(), "..", "..", "..", "tools", "kvm-trace", "kvm-trace.c"));
        Run("gcc", "-o", "calls", Path.Combine(Here(), "calls.c"));
        Run("env", "KVM_TRACE=calls.trace", "LD_PRELOAD=./kvm-trace.so", "./calls");

        Assert.True(IoctlTrace.TryParse(File.ReadAllText(At("calls.trace")), out IReadOnlyList<TracedCall>? calls, out string problem), problem);
        Assert.Equal(
            [
                "KVM_CREATE_VCPU 3",
                "KVM_CREATE_DEVICE type=7 fd=0 flags=0",
                "KVM_SET_DEVICE_ATTR flags=0 group=1 attr=104 addr=2",
                "KVM_SET_DEVICE_ATTR flags=0 group=4 attr=0 addr=0",
                "KVM_SET_DEVICE_ATTR flags=0 group=6 attr=c230 addr=f0",
                "KVM_SET_ONE_REG id=603000000013df19 addr=f0",
                "KVM_IRQ_LINE irq=200001b level=1",
                "KVM_ARM_SET_COUNTER_OFFSET counter_offset=5",
                "KVM_RUN 0",
            ],
            calls.Select(call => $"{call.Request} {call.Argument:x}{string.Join(' ', call.Fields.Select(field => $"{field.Key}={field.Value:x}"))}"));
        Assert.All(calls, call => Assert.Equal((3, -1L), (call.Descriptor, call.Result)));
    }

    [Theory]
    [InlineData("abbrev")]
    [InlineData("raw")]
    [InlineData("verbose")]
    public void A_trace_of_strace_is_read_and_found_to_show_nothing(string style)
    {
        Run("gcc", "-o", "calls", Path.Combine(Here(), "calls.c"));
        Run("strace", "-tt", "-y", "-X", style, "-e", "trace=ioctl", "-o", "strace.txt", "./calls");

        Assert.False(IoctlTrace.TryParse(File.ReadAllText(At("strace.txt")), out IReadOnlyList<TracedCall>? calls, out string problem));
        Assert.StartsWith("line 3: KVM_SET_DEVICE_ATTR shows an address", problem, StringComparison.Ordinal);
        Assert.Contains(calls!, call => call.Request == "KVM_ARM_SET_COUNTER_OFFSET");
    }

    private string At(string name) => Path.Combine(_directory.FullName, name);

    private void Run(string tool, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(tool, arguments)
        {
            WorkingDirectory = _directory.FullName,
            RedirectStandardError = true,
        })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }

    private static string Here([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
