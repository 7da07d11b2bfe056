using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Live;

/// <summary>
/// An arm64 machine with KVM, emulated by QEMU, and the agent in it. The agent's port is the emulator's standard input
/// and output, so that nothing is left behind: when this process ends, however it ends, the port closes, the agent
/// powers the machine off, and the emulator exits.
/// </summary>
internal sealed class EmulatedHost : IDisposable
{
    private readonly Process _emulator;
    private readonly DirectoryInfo _directory;
    private readonly EmulatedHostOptions _options;
    private readonly AgentConnection _agent;
    private readonly StringBuilder _emulatorErrors = new();

    private EmulatedHost(Process emulator, DirectoryInfo directory, EmulatedHostOptions options)
    {
        _emulator = emulator;
        _directory = directory;
        _options = options;
        _agent = new AgentConnection(emulator.StandardInput.BaseStream, emulator.StandardOutput.BaseStream);
    }

    /// <summary>The release of the kernel that runs in it.</summary>
    public string KernelRelease { get; private set; } = string.Empty;

    /// <summary>The directory with the machine's console, <c>console.log</c>.</summary>
    public string Directory => _directory.FullName;

    /// <summary>Boots a machine and waits for its agent.</summary>
    public static bool TryStart(EmulatedHostOptions options, [NotNullWhen(true)] out EmulatedHost? host, out string problem)
    {
        host = null;
        string? kernel = options.Kernel;
        if (kernel is null && !KernelPackage.TryFind(out kernel, out problem))
        {
            return false;
        }

        if (!AgentBuild.TryFind(out string? agent, out problem))
        {
            return false;
        }

        DirectoryInfo directory = System.IO.Directory.CreateTempSubdirectory("orrery-kvm-");
        File.WriteAllBytes(Path.Combine(directory.FullName, "initramfs"), Initramfs.Build(File.ReadAllBytes(agent)));
        if (!TryLaunch(options, kernel, directory, out Process? emulator, out problem))
        {
            directory.Delete(recursive: true);
            return false;
        }

        var started = new EmulatedHost(emulator, directory, options);
        if (!started.TryGreet(out problem))
        {
            started.Dispose();
            return false;
        }

        host = started;
        return true;
    }

    /// <summary>Executes a batch. False, with the reason and the end of the console, when the machine is lost.</summary>
    public bool TryExecute(AgentBatch batch, [NotNullWhen(true)] out AgentAnswer[]? answers, out string problem) =>
        TryExecute(batch, _options.BatchLimit, out answers, out problem);

    public void Dispose()
    {
        if (!_emulator.HasExited)
        {
            _emulator.Kill();
        }

        _emulator.WaitForExit();
        _emulator.Dispose();
        if (!_options.Keep)
        {
            _directory.Delete(recursive: true);
        }
    }

    private static bool TryLaunch(
        EmulatedHostOptions options, string kernel, DirectoryInfo directory, [NotNullWhen(true)] out Process? emulator, out string problem)
    {
        // Programs create and destroy a machine each: without expedited grace periods most of the time is spent waiting
        // for RCU. KPTI and ASLR only cost emulated instructions here.
        const string kernelLine = "console=ttyAMA0 quiet panic=-1 nokaslr kpti=off mitigations=off rcupdate.rcu_expedited=1";
        string cpu = options.Gic == VgicKind.GicV3 ? "cortex-a76" : "cortex-a57";
        var start = new ProcessStartInfo(
            options.Emulator,
            [
                "-M", $"virt,virtualization=on,gic-version={(int)options.Gic}", "-cpu", cpu,
                "-smp", $"{options.Processors}", "-m", $"{options.MemoryMiB}",
                "-nodefaults", "-display", "none", "-no-reboot",
                "-kernel", kernel, "-initrd", "initramfs", "-append", kernelLine,
                "-serial", "file:console.log",
                "-chardev", "stdio,id=agent,signal=off",
                "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent,name=orrery",
            ])
        {
            WorkingDirectory = directory.FullName,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            emulator = Process.Start(start)!;
            problem = string.Empty;
            return true;
        }
        catch (Win32Exception e)
        {
            emulator = null;
            problem = $"{options.Emulator} cannot be run: {e.Message} (the package qemu-system-arm provides it)";
            return false;
        }
    }

    private bool TryGreet(out string problem)
    {
        _emulator.ErrorDataReceived += (_, line) =>
        {
            lock (_emulatorErrors)
            {
                _emulatorErrors.AppendLine(line.Data);
            }
        };
        _emulator.BeginErrorReadLine();

        var hello = new AgentBatch();
        hello.Hello();
        if (!TryExecute(hello, _options.BootLimit, out AgentAnswer[]? answers, out problem))
        {
            return false;
        }

        if (answers[0].Value != AgentProtocol.Version)
        {
            problem = $"the agent speaks version {answers[0].Value} of its protocol, {AgentProtocol.Version} is needed";
            return false;
        }

        KernelRelease = Encoding.ASCII.GetString(answers[0].Data.Span);
        return true;
    }

    private bool TryExecute(AgentBatch batch, TimeSpan limit, [NotNullWhen(true)] out AgentAnswer[]? answers, out string problem)
    {
        // A blocking read of a pipe has no limit; killing the emulator ends it.
        bool expired = false;
        using var watchdog = new Timer(
            _ =>
            {
                expired = true;
                _emulator.Kill();
            },
            null, limit, Timeout.InfiniteTimeSpan);
        if (_agent.TryExecute(batch, out answers, out problem))
        {
            return true;
        }

        if (expired)
        {
            problem = $"the emulated machine did not answer within {limit.TotalSeconds:0} s";
        }

        problem += LastWords();
        return false;
    }

    /// <summary>The end of what the emulator and the machine's console said, to go behind a problem.</summary>
    private string LastWords()
    {
        const int linesShown = 8;
        _emulator.WaitForExit(TimeSpan.FromSeconds(5));
        string errors;
        lock (_emulatorErrors)
        {
            errors = _emulatorErrors.ToString();
        }

        string console = Path.Combine(Directory, "console.log");
        string all = errors + (File.Exists(console) ? File.ReadAllText(console) : string.Empty);
        string[] lines = all.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length == 0 ? string.Empty : "; it last said:\n    " + string.Join("\n    ", lines.TakeLast(linesShown));
    }
}
