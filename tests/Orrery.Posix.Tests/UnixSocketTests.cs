using Xunit;

namespace Orrery.Posix.Tests;

public sealed class UnixSocketTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Connects_through_the_file_system_and_knows_the_peer()
    {
        string path = Path.Combine(_folder, "s");
        using FileDescriptor? listener = UnixSocket.Listen(path, 4, out int error);
        Assert.Equal(0, error);
        using FileDescriptor? client = UnixSocket.Connect(path, out _);
        using FileDescriptor? server = UnixSocket.Accept(listener!, out _);
        Assert.Equal(Environment.ProcessId, UnixSocket.PeerProcess(server!));
        Assert.Equal(3, UnixSocket.Send(client!, "abc"u8));
        var buffer = new byte[8];
        Assert.Equal(3, UnixSocket.Receive(server!, buffer));
        client!.Dispose();
        Assert.Equal(0, UnixSocket.Receive(server!, buffer));
        Assert.True(Errno.IsDisconnect(UnixSocket.Send(server!, "abc"u8)));
    }

    [Fact]
    public void A_path_of_108_bytes_is_refused()
    {
        Assert.Null(UnixSocket.Listen(new string('x', 108), 1, out int error));
        Assert.Equal(-Errno.ENAMETOOLONG, error);
        Assert.Null(UnixSocket.Connect(Path.Combine(_folder, "nobody"), out error));
        Assert.Equal(-Errno.ENOENT, error);
    }

    [Fact]
    public void Descriptors_ride_on_bytes()
    {
        (FileDescriptor a, FileDescriptor b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        using (FileDescriptor file = MemoryFile.CreateSealed("test", 8192))
        {
            using MemoryMapping mine = MemoryMapping.Create(file, 4096, 4096, out _)!;
            Assert.Equal(1, UnixSocket.Send(a, "x"u8, [file.Number, file.Number]));
            var descriptors = new FileDescriptor?[UnixSocket.DescriptorsMax];
            Assert.Equal(1, UnixSocket.Receive(b, new byte[16], descriptors, out int count));
            Assert.Equal(2, count);
            using FileDescriptor received = descriptors[0]!;
            descriptors[1]!.Dispose();
            Assert.Equal(8192, received.Length);
            Assert.Equal(MemoryFile.SealGrow | MemoryFile.SealShrink, received.Seals & (MemoryFile.SealGrow | MemoryFile.SealShrink));
            using MemoryMapping theirs = MemoryMapping.Create(received, 4096, 4096, out _)!;
            unsafe
            {
                mine.Start[17] = 42;
                Assert.Equal(42, theirs.Start[17]);
            }
        }
    }

    [Fact]
    public void A_wait_ends_at_its_limit()
    {
        (FileDescriptor a, FileDescriptor b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        {
            UnixSocket.SetTimeouts(a, 1);
            Assert.Equal(-Errno.EAGAIN, UnixSocket.Receive(a, new byte[1]));
            Assert.Equal(-Errno.EAGAIN, UnixSocket.Receive(a, new byte[1], wait: false));
            Assert.False(a.WaitReadable(0));
            UnixSocket.Send(b, "x"u8);
            Assert.True(a.WaitReadable(-1));
        }
    }
}
