using System.Text;
using Orrery.Lab.Files;
using Orrery.Lab.Guests;
using Orrery.Lab.Guests.Image;
using Orrery.Posix;
using Xunit;

namespace Orrery.Lab.Tests.Guests;

/// <summary>Real kernels, without a calendar: nobody holds their clock, waiting takes no time.</summary>
public sealed class LinuxGuestTests : IDisposable
{
    private const int TimeoutMilliseconds = 120_000;

    // Everything that a guest could have taken from its host shows in one of these.
    private const string TellAll =
        "cat /proc/sys/kernel/random/uuid /proc/meminfo /proc/slabinfo /proc/self/maps /proc/interrupts /proc/cmdline; "
        + "head -c 64 /dev/urandom | hexdump; date; dmesg | tail -n 1; hexdump /proc/self/auxv";

    private readonly GuestLauncher _launcher = GuestLauncher.Create(out _)!;
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    public void Dispose()
    {
        _launcher.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Runs_its_commands_until_one_fails_and_switches_itself_off()
    {
        (string console, ExitStatus status) = Run("echo one; hostname; cat /etc/hosts", "exit 3", "echo never");
        Assert.Contains("orrery: ready\n", console);
        Assert.Contains("orrery: start 1\none\nnode\n127.0.0.1 localhost\n::1 localhost ip6-localhost\n10.0.0.9 other\norrery: exit 1 0\n", console);
        Assert.Contains("orrery: start 2\norrery: exit 2 3\norrery: done 3\n", console);
        Assert.DoesNotContain("never", console);
        Assert.Equal(new ExitStatus(0, 0), status);
    }

    [Fact]
    public void Two_runs_in_two_folders_are_the_same_byte_for_byte_and_the_seed_decides()
    {
        Assert.Null(_launcher.Warning);
        string first = Run(TellAll).Console;
        using (GuestLauncher other = GuestLauncher.Create(out _)!)
        {
            Assert.Equal(first, Run(other, Options([TellAll])).Console);
        }

        Assert.NotEqual(first, Run(_launcher, Options([TellAll]) with { Seed = 2 }).Console);
    }

    [Fact]
    public void A_hosts_root_is_seen_and_not_changed()
    {
        // Not in /tmp, of which a guest has one of its own; the project itself may lie there.
        string folder = Directory.CreateDirectory($"/var/tmp/orrery-{Guid.NewGuid():N}").FullName;
        string file = Path.Combine(folder, "from-host");
        File.WriteAllText(file, "from the host");
        LinuxGuestOptions options = Options([$"cat {file}; echo changed >{file}; cat {file}; cat /opt/added; which dpkg"]);
        options = options with
        {
            Setup = options.Setup with
            {
                Root = new GuestRoot.Host(),
                Files = [new GuestFile("/opt/added", null, "an added file\n", null)],
            },
        };
        string console = Run(_launcher, options).Console;
        string kept = File.ReadAllText(file);
        Directory.Delete(folder, recursive: true);
        Assert.Contains("from the hostchanged\nan added file\n/usr/bin/dpkg\norrery: exit 1 0\n", console);
        Assert.Equal("from the host", kept);
    }

    [Fact]
    public void A_root_that_cannot_be_mounted_is_told()
    {
        LinuxGuestOptions options = Options(["true"]);
        options = options with { Setup = options.Setup with { Root = new GuestRoot.Folder("/does/not/exist") } };
        Assert.Contains("orrery: failed the root directory /does/not/exist", Run(_launcher, options).Console);
    }

    [Fact]
    public void Kill_leaves_no_process_and_keeps_what_was_printed()
    {
        LinuxGuestOptions options = Options(["sleep 1000000 & echo spinning; while :; do :; done"]);
        options = options with { ConsoleLog = Path.Combine(_folder, "console") };
        LinuxGuest guest = Start(_launcher, options, out Console console);
        console.WaitFor("spinning\n");
        string[] processes = ProcessesIn(guest.Folder);
        Assert.True(processes.Length > 2, "the kernel and its user programs");
        guest.Kill();
        Assert.Equal(new ExitStatus(0, 9), guest.Ended);
        Assert.Empty(ProcessesIn(guest.Folder));
        Assert.EndsWith("spinning\n", File.ReadAllText(options.ConsoleLog!));
        guest.Kill(); // once more does nothing
    }

    [Fact]
    public void Dispose_ends_guests_and_removes_their_folder()
    {
        string folder;
        using (GuestLauncher launcher = GuestLauncher.Create(out _)!)
        {
            LinuxGuest guest = Start(launcher, Options([]), out Console console);
            console.WaitFor("orrery: done 0");
            folder = guest.Folder;
            Assert.NotEmpty(ProcessesIn(folder));
        }

        Assert.Empty(ProcessesIn(folder));
        Assert.False(Directory.Exists(Path.GetDirectoryName(folder)));
    }

    [Fact]
    public void A_kernel_that_is_none_is_refused()
    {
        Assert.Null(_launcher.Prepare(Options([]) with { Kernel = "/etc/hostname" }, out string error));
        Assert.Equal("node node: kernel /etc/hostname: not an ELF program for x86-64", error);
        Assert.Null(_launcher.Prepare(Options([]) with { Kernel = "/bin/true" }, out error));
        Assert.Contains("not a User-Mode Linux kernel", error);
        Assert.Null(_launcher.Prepare(Options([]) with { Kernel = "/does/not/exist" }, out error));
        Assert.Contains("/does/not/exist", error);
    }

    private static LinuxGuestOptions Options(string[] commands) => new()
    {
        Name = "node",
        Kernel = TestKernel.Path,
        Clock = GuestClock.Alone(LabDefinition.DefaultStartUnixNs),
        Seed = 1,
        Setup = new GuestSetup
        {
            HostName = "node",
            Hosts = [new HostEntry("other", System.Net.IPAddress.Parse("10.0.0.9"))],
            Commands = commands,
            After = commands.Length > 0 ? AfterCommands.PowerOff : AfterCommands.StayUp,
        },
    };

    private (string Console, ExitStatus Status) Run(params string[] commands) => Run(_launcher, Options(commands));

    private static (string Console, ExitStatus Status) Run(GuestLauncher launcher, LinuxGuestOptions options)
    {
        LinuxGuest guest = Start(launcher, options, out Console console);
        ExitStatus? status = guest.WaitForExit(TimeoutMilliseconds);
        Assert.NotNull(status);
        return (console.Text, status.Value);
    }

    private static LinuxGuest Start(GuestLauncher launcher, LinuxGuestOptions options, out Console console)
    {
        console = new Console();
        LinuxGuest? guest = launcher.Prepare(options with { Observer = console }, out string error);
        Assert.True(guest is not null, error);
        Assert.True(guest.TryStart(null, out error), error);
        return guest;
    }

    private static string[] ProcessesIn(string folder)
        => [.. Directory.EnumerateDirectories("/proc")
            .Where(process => char.IsAsciiDigit(Path.GetFileName(process)[0]) && WorkingDirectory(process) == folder)];

    private static string? WorkingDirectory(string process)
    {
        try
        {
            return new FileInfo(Path.Combine(process, "cwd")).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed class Console : IGuestObserver
    {
        private readonly StringBuilder _text = new();

        public string Text
        {
            get
            {
                lock (_text)
                {
                    return _text.ToString();
                }
            }
        }

        public void OnConsole(ReadOnlySpan<byte> bytes)
        {
            lock (_text)
            {
                _text.Append(Encoding.UTF8.GetString(bytes));
                Monitor.PulseAll(_text);
            }
        }

        public void OnErrors(ReadOnlySpan<byte> bytes)
        {
        }

        public void OnExit(ExitStatus status)
        {
            lock (_text)
            {
                Monitor.PulseAll(_text);
            }
        }

        public void WaitFor(string text)
        {
            lock (_text)
            {
                while (!_text.ToString().Contains(text, StringComparison.Ordinal))
                {
                    Assert.True(Monitor.Wait(_text, TimeoutMilliseconds), $"'{text}' never came");
                }
            }
        }
    }
}
