using System.Text;
using Xunit;

namespace Orrery.Posix.Tests.Processes;

/// <summary>A filter cannot be taken off again: each test puts it on a thread of its own.</summary>
public sealed class SeccompTests
{
    [Fact]
    public void A_supervisor_answers_for_the_system()
    {
        var name = new byte[6 * 65];
        Encoding.ASCII.GetBytes("Linux").CopyTo(name, 0);
        Encoding.ASCII.GetBytes("somewhere").CopyTo(name, 65);
        string output = RunSupervised(["uname", "-n"], SystemCall.Uname, (listener, request) =>
        {
            Assert.Equal(0, listener.WriteMemory(request, request.First, name));
            Assert.Equal(0, listener.Answer(request.Id, 0));
        });
        Assert.Equal("somewhere\n", output);
    }

    [Fact]
    public void A_call_can_pass()
    {
        string output = RunSupervised(
            ["uname", "-n"], SystemCall.Uname, (listener, request) => Assert.Equal(0, listener.Continue(request.Id)));
        Assert.Equal(Environment.MachineName + "\n", output);
    }

    [Fact]
    public void A_call_can_fail()
    {
        string output = RunSupervised(
            ["uname", "-n"], SystemCall.Uname, (listener, request) => Assert.Equal(0, listener.Fail(request.Id, Errno.ENOSYS)));
        Assert.Contains("not implemented", output);
    }

    [Theory]
    [InlineData(0x1000, "not implemented")] // where every program lies
    [InlineData(0xffffffffff600000, "")] // where none does
    public void A_call_fails_by_where_it_is_made(ulong failFrom, string complaint)
    {
        string output = RunSupervised(
            ["uname", "-n"],
            SystemCall.Brk,
            (listener, request) => Assert.Equal(0, listener.Continue(request.Id)),
            [SystemCall.GetRandom, SystemCall.Uname],
            failFrom);
        Assert.Contains(complaint.Length > 0 ? complaint : Environment.MachineName, output);
    }

    [Fact]
    public void An_address_that_is_not_the_callers_is_an_error()
    {
        RunSupervised(["uname", "-n"], SystemCall.Uname, (listener, request) =>
        {
            Assert.Equal(-Errno.EFAULT, listener.WriteMemory(request, 8, [1]));
            Assert.Equal(-Errno.ENOENT, listener.WriteMemory(request with { Id = request.Id + 1 }, request.First, [1]));
            Assert.Equal(-Errno.ENOENT, listener.Answer(request.Id + 1, 0));
            Assert.Equal(0, listener.Continue(request.Id));
        });
    }

    /// <summary>Runs a program whose <paramref name="call"/>s are given to <paramref name="answer"/>; returns what it prints.</summary>
    private static string RunSupervised(
        string[] arguments, int call, Action<SeccompListener, SeccompRequest> answer,
        int[]? failing = null, ulong failFrom = 0)
    {
        (FileDescriptor read, FileDescriptor write) = FileDescriptor.CreatePipe();
        using FileDescriptor output = read;
        SeccompListener? listener = null;
        ChildProcess? process = null;
        int error = 0;
        var starter = new Thread(() =>
        {
            using FileDescriptor nothing = FileDescriptor.OpenNull();
            listener = SeccompFilter.Install([call], failing ?? [], failFrom, Errno.ENOSYS, out error);
            if (listener is null)
            {
                return;
            }

            process = ChildProcess.Start(
                new SpawnOptions
                {
                    File = "/bin/" + arguments[0],
                    Arguments = arguments,
                    Environment = ["LC_ALL=C"],
                    WorkingDirectory = "/",
                    Descriptors = [nothing, write, write],
                },
                out error);
        });
        starter.Start();
        starter.Join();
        write.Dispose();
        Assert.Equal(0, error);
        using (listener)
        using (process)
        {
            int answered = 0;
            while (!process!.Exited.WaitReadable(0))
            {
                // The listener hangs up, and is readable, when its last process has ended.
                if (listener!.Descriptor.WaitReadable(-1) && listener.TryReceive(out SeccompRequest request) == 0)
                {
                    Assert.Equal(process.Id, request.ThreadId);
                    Assert.Equal(call, request.Call);
                    answer(listener, request);
                    answered++;
                }
            }

            process.TryReap();
            Assert.True(answered > 0);
        }

        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, Math.Max(0, output.Read(buffer)));
    }
}
