using Xunit;

namespace Orrery.Posix.Tests;

public class ReactorTests
{
    private sealed class Handler(Action action) : IReadinessHandler
    {
        public void OnReadable() => action();
    }

    [Fact]
    public void The_most_urgent_of_the_ready_is_served_first_one_at_a_time()
    {
        using var reactor = new Reactor();
        (FileDescriptor r1, FileDescriptor w1) = FileDescriptor.CreatePipe();
        (FileDescriptor r2, FileDescriptor w2) = FileDescriptor.CreatePipe();
        using (r1)
        using (w1)
        using (r2)
        using (w2)
        {
            var served = new List<int>();
            var buffer = new byte[1];
            reactor.Add(r1, new Handler(() => { served.Add(1); r1.Read(buffer); }), 1);
            reactor.Add(r2, new Handler(() => { served.Add(2); r2.Read(buffer); }), 0);
            Assert.False(reactor.RunOnce(0));
            w1.Write("x"u8);
            w2.Write("x"u8);
            Assert.True(reactor.RunOnce(-1));
            Assert.Equal([2], served);
            Assert.True(reactor.RunOnce(-1));
            Assert.Equal([2, 1], served);
            Assert.False(reactor.RunOnce(0));
        }
    }

    [Fact]
    public void A_handler_may_wait_by_running_the_reactor_and_remove_others()
    {
        using var reactor = new Reactor();
        (FileDescriptor r1, FileDescriptor w1) = FileDescriptor.CreatePipe();
        (FileDescriptor r2, FileDescriptor w2) = FileDescriptor.CreatePipe();
        using (r1)
        using (w1)
        using (r2)
        using (w2)
        {
            var buffer = new byte[1];
            int inner = 0;
            int token = reactor.Add(r2, new Handler(() => { inner++; r2.Read(buffer); }), 1);
            reactor.Add(
                r1,
                new Handler(() =>
                {
                    r1.Read(buffer);
                    Assert.True(reactor.RunOnce(-1));
                    reactor.Remove(token);
                }),
                0);
            w1.Write("x"u8);
            w2.Write("xx"u8);
            Assert.True(reactor.RunOnce(-1));
            Assert.Equal(1, inner);
            Assert.Equal(1, reactor.Count);
            Assert.False(reactor.RunOnce(0));
        }
    }
}
