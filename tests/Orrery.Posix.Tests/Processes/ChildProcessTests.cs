using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace Orrery.Posix.Tests.Processes;

public sealed class ChildProcessTests
{
    [Fact]
    public void Gets_its_descriptors_environment_and_folder_and_nothing_else()
    {
        // Descriptors of this process that are not close-on-exec must not get through either.
        using FileDescriptor leaking = FileDescriptor.CreateEvent();
        Leak(leaking);
        (string output, ExitStatus status) = RunShell(
            "pwd; env | sort; printf 'fds:'; for fd in /proc/self/fd/*; do printf ' %s' ${fd##*/}; done; echo; cat <&3",
            "NAME=a value");
        string[] lines = output.Split('\n');
        Assert.Equal("/", lines[0]);
        Assert.Contains("NAME=a value", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("HOME=", StringComparison.Ordinal));

        // 0 to 3 are given; the shell itself opens the next one to list the directory, if at all.
        string descriptors = lines.Single(line => line.StartsWith("fds:", StringComparison.Ordinal));
        Assert.StartsWith("fds: 0 1 2 3", descriptors);
        Assert.True(descriptors.Split(' ').Length <= 6, descriptors);
        Assert.Equal("from descriptor 3", lines[^1]);
        Assert.Equal(new ExitStatus(0, 0), status);
    }

    [Fact]
    public void Descriptors_may_change_places()
    {
        (FileDescriptor first, FileDescriptor firstEnd) = FileDescriptor.CreatePipe();
        (FileDescriptor second, FileDescriptor secondEnd) = FileDescriptor.CreatePipe();
        using (first)
        using (firstEnd)
        using (second)
        using (secondEnd)
        using (FileDescriptor nothing = FileDescriptor.OpenNull())
        {
            // Enough targets that some of the sources lie below them.
            var descriptors = new List<FileDescriptor> { nothing, secondEnd, firstEnd };
            for (int i = 0; i < 200; i++)
            {
                descriptors.Add(i % 2 == 0 ? firstEnd : secondEnd);
            }

            using ChildProcess process = Start("echo one >&2; echo two; echo three >/proc/self/fd/201", descriptors);
            process.Exited.WaitReadable(-1);
            Assert.Equal("one\nthree\n", ReadAvailable(first));
            Assert.Equal("two\n", ReadAvailable(second));
        }
    }

    [Theory]
    [InlineData("exit 7", 7, 0, 7)]
    [InlineData("kill -TERM $$", 0, 15, 143)]
    public void Its_end_is_noticed_and_told_once(string script, int code, int signal, int shellStatus)
    {
        using FileDescriptor nothing = FileDescriptor.OpenNull();
        using ChildProcess process = Start(script, [nothing, nothing, nothing]);
        Assert.True(process.Exited.WaitReadable(-1));
        ExitStatus? status = process.TryReap();
        Assert.Equal(new ExitStatus(code, signal), status);
        Assert.Equal(shellStatus, status!.Value.ShellStatus);
        Assert.Null(process.TryReap());
        process.Kill(); // too late, and harmless
    }

    [Fact]
    public void A_program_that_does_not_exist_is_an_error()
    {
        var options = new SpawnOptions
        {
            File = "/does/not/exist", Arguments = ["x"], Environment = [], WorkingDirectory = "/", Descriptors = [],
        };
        Assert.Null(ChildProcess.Start(options, out int error));
        Assert.Equal(-Errno.ENOENT, error);
        Assert.Null(ChildProcess.Start(options with { File = "/bin/sh", WorkingDirectory = "/nowhere" }, out error));
        Assert.Equal(-Errno.ENOENT, error);
    }

    [Fact]
    public void Kills_a_process_and_its_children()
    {
        (FileDescriptor read, FileDescriptor write) = FileDescriptor.CreatePipe();
        using FileDescriptor nothing = FileDescriptor.OpenNull();
        using (read)
        {
            ChildProcess process;
            using (write)
            {
                process = Start("sleep 1000 & echo started; wait", [nothing, write, write]);
            }

            using (process)
            {
                Assert.Equal("started\n"u8, ReadExactly(read, 8));
                FileDescriptor child = Assert.Single(process.OpenChildren());
                process.Kill();
                process.Exited.WaitReadable(-1);
                Assert.Equal(new ExitStatus(0, 9), process.TryReap());
                using (child)
                {
                    Assert.False(child.WaitReadable(0));
                    ChildProcess.Kill(child);
                    Assert.True(child.WaitReadable(-1));
                }

                Assert.Empty(process.OpenChildren());
            }
        }
    }

    [Fact]
    public void A_group_ends_at_once()
    {
        (FileDescriptor read, FileDescriptor write) = FileDescriptor.CreatePipe();
        using FileDescriptor nothing = FileDescriptor.OpenNull();
        using (read)
        {
            ChildProcess process;
            using (write)
            {
                process = Start("(sleep 1000; echo late) & echo started; wait", [nothing, write, write], ownGroup: true);
            }

            using (process)
            {
                Assert.Equal("started\n"u8, ReadExactly(read, 8));
                process.KillGroup();
                Assert.Equal("", ReadToEnd(read)); // whoever held the other end is gone
                process.Exited.WaitReadable(-1);
                Assert.Equal(new ExitStatus(0, 9), process.TryReap());
                process.KillGroup(); // the number may be another's by now: nothing happens
            }
        }
    }

    [Fact]
    public void Limits_are_set_and_never_raised()
    {
        using FileDescriptor nothing = FileDescriptor.OpenNull();
        (FileDescriptor gate, FileDescriptor gateEnd) = FileDescriptor.CreatePipe();
        (FileDescriptor read, FileDescriptor write) = FileDescriptor.CreatePipe();
        using (read)
        using (gate)
        {
            using ChildProcess process = Start("read go; ulimit -c; ulimit -Hc", [gate, write, nothing]);
            Assert.Equal(0, process.SetLimit(ProcessResource.Core, 0));
            Assert.Equal(0, process.SetLimit(ProcessResource.Core, 8 << 20));
            write.Dispose();
            gateEnd.Write("go\n"u8);
            gateEnd.Dispose();
            Assert.Equal("0\n0\n", ReadToEnd(read));
        }
    }

    private static ChildProcess Start(
        string script, IReadOnlyList<FileDescriptor> descriptors, string[]? environment = null, bool ownGroup = false)
    {
        ChildProcess? process = ChildProcess.Start(
            new SpawnOptions
            {
                File = "/bin/sh",
                Arguments = ["sh", "-c", script],
                Environment = ["PATH=/usr/bin:/bin", .. environment ?? []],
                WorkingDirectory = "/",
                Descriptors = descriptors,
                OwnGroup = ownGroup,
            },
            out int error);
        Assert.Equal(0, error);
        return process!;
    }

    private static (string Output, ExitStatus Status) RunShell(string script, params string[] environment)
    {
        (FileDescriptor read, FileDescriptor write) = FileDescriptor.CreatePipe();
        (FileDescriptor input, FileDescriptor inputEnd) = FileDescriptor.CreatePipe();
        using FileDescriptor nothing = FileDescriptor.OpenNull();
        using (read)
        using (input)
        {
            inputEnd.Write("from descriptor 3"u8);
            inputEnd.Dispose();
            using ChildProcess process = Start(script, [nothing, write, write, input], environment);
            write.Dispose();
            string output = ReadToEnd(read);
            process.Exited.WaitReadable(-1);
            return (output, process.TryReap()!.Value);
        }
    }

    private static string ReadToEnd(FileDescriptor pipe)
    {
        var content = new List<byte>();
        var buffer = new byte[4096];
        int count;
        while ((count = pipe.Read(buffer)) > 0)
        {
            content.AddRange(buffer.AsSpan(0, count));
        }

        return Encoding.UTF8.GetString([.. content]);
    }

    private static string ReadAvailable(FileDescriptor pipe)
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, pipe.Read(buffer));
    }

    private static byte[] ReadExactly(FileDescriptor pipe, int length)
    {
        var buffer = new byte[length];
        int count = 0;
        while (count < length)
        {
            count += pipe.Read(buffer.AsSpan(count));
        }

        return buffer;
    }

    [DllImport("libc")]
    private static extern int fcntl(int descriptor, int command, nint argument);

    private static void Leak(FileDescriptor descriptor)
    {
        const int setDescriptorFlags = 2;
        Assert.Equal(0, fcntl(descriptor.Number, setDescriptorFlags, 0));
    }
}
