using System.Buffers.Binary;
using Orrery.Posix;
using Xunit;

namespace Orrery.Virtio.Tests;

/// <summary>
/// A guest made of bytes: it writes real messages to a device over a socket pair and real rings into shared memory, right
/// or wrong as the test wants. Everything runs on the test's thread: a message is written, then the device is served.
/// </summary>
internal sealed unsafe class MockGuest : IReadinessHandler, IDisposable
{
    public const ulong MemoryAddress = 0x2304_a000;
    public const int MemoryBytes = 1 << 20;

    private readonly FileDescriptor _socket;
    private readonly Reactor _reactor;
    private readonly List<string> _log;
    private readonly FileDescriptor _memory;
    private readonly MemoryMapping _mapping;
    private FileDescriptor? _backChannel;
    private int _backChannelToken;
    private ulong _nextRing = MemoryAddress;

    public MockGuest(FileDescriptor socket, Reactor reactor, List<string> log, bool sealedMemory = true)
    {
        _socket = socket;
        _reactor = reactor;
        _log = log;
        _memory = sealedMemory ? MemoryFile.CreateSealed("guest", MemoryBytes) : MemoryFile.Create("guest", MemoryBytes);
        _mapping = MemoryMapping.Create(_memory, 0, MemoryBytes, out _)!;
    }

    public RingMemory[] Rings { get; } = new RingMemory[VirtioTransport.QueuesMax];

    /// <summary>Whether calls that want an answer get one.</summary>
    public bool Answers { get; set; } = true;

    /// <summary>What the next answers on the back channel are instead of the right ones.</summary>
    public byte[]? AnswerBytes { get; set; }

    public FileDescriptor Memory => _memory;

    public FileDescriptor Socket => _socket;

    public byte* Pointer(ulong address) => _mapping.Start + (address - MemoryAddress);

    public Span<byte> Bytes(ulong address, int length) => new(Pointer(address), length);

    public void SendUnserved(uint request, uint flags, ReadOnlySpan<byte> payload, params ReadOnlySpan<int> descriptors)
        => UnixSocket.Send(_socket, Message(request, flags, payload), descriptors);

    /// <summary>Sends a memory table with so many descriptors of the memory file.</summary>
    public void Memorize(int descriptors, byte[] table)
    {
        Span<int> files = stackalloc int[Math.Min(descriptors, UnixSocket.DescriptorsMax)];
        files.Fill(_memory.Number);
        Ask(VhostUserRequest.SetMemoryTable, table, files);
    }

    public void SizeThenAddress(RingAddresses addresses, uint flags = 0)
    {
        Assert.Equal(0UL, Ask(VhostUserRequest.SetVringNum, State(0, 16)));
        Ask(VhostUserRequest.SetVringAddress, Address(0, addresses, flags));
    }

    /// <summary>Asks for configuration.</summary>
    public void Configuration(uint offset, int size, int? sent = null)
    {
        var payload = new byte[12 + (sent ?? size)];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, offset);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(4), size);
        Send((uint)VhostUserRequest.GetConfiguration, VhostUserHeader.Plain, payload);
    }

    public void ShrinkMemory()
    {
        using var file = new FileStream($"/proc/self/fd/{_memory.Number}", FileMode.Open, FileAccess.Write);
        file.SetLength(4096);
    }

    /// <summary>Writes raw bytes and serves the device until it has taken them.</summary>
    public MockGuest Raw(ReadOnlySpan<byte> bytes, params ReadOnlySpan<int> descriptors)
    {
        UnixSocket.Send(_socket, bytes, descriptors);
        Serve();
        return this;
    }

    public MockGuest Send(uint request, uint flags, ReadOnlySpan<byte> payload, params ReadOnlySpan<int> descriptors)
        => Raw(Message(request, flags, payload), descriptors);

    /// <summary>Sends a request that wants an answer.</summary>
    /// <returns>The status, or null when the device has closed the connection without one.</returns>
    public ulong? Ask(VhostUserRequest request, ReadOnlySpan<byte> payload, params ReadOnlySpan<int> descriptors)
    {
        Send((uint)request, VhostUserHeader.NeedsReply, payload, descriptors);
        return Answer((uint)request) is byte[] answer ? BinaryPrimitives.ReadUInt64LittleEndian(answer) : null;
    }

    /// <summary>Sends a request that is answered with a value.</summary>
    public ulong? Get(VhostUserRequest request)
    {
        Send((uint)request, VhostUserHeader.Plain, []);
        return Answer((uint)request) is byte[] answer ? BinaryPrimitives.ReadUInt64LittleEndian(answer) : null;
    }

    public byte[]? ReadConfiguration(int size)
    {
        var payload = new byte[12 + size];
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(4), size);
        Send((uint)VhostUserRequest.GetConfiguration, VhostUserHeader.Plain, payload);
        return Answer((uint)VhostUserRequest.GetConfiguration)?[12..];
    }

    /// <summary>Takes the answer to <paramref name="request"/>, which must be there.</summary>
    /// <returns>Its payload, or null when the connection has ended instead.</returns>
    public byte[]? Answer(uint request)
    {
        var buffer = new byte[VhostUserHeader.MessageBytesMax];
        int count = UnixSocket.Receive(_socket, buffer.AsSpan(0, VhostUserHeader.Bytes), wait: false);
        if (Errno.IsDisconnect(count))
        {
            return null;
        }

        Assert.Equal(VhostUserHeader.Bytes, count);
        VhostUserHeader header = VhostUserHeader.Read(buffer);
        Assert.Equal((request, VhostUserHeader.Reply), (header.Request, header.Flags));
        var payload = new byte[header.PayloadBytes];
        Assert.Equal(payload.Length, UnixSocket.Receive(_socket, payload, wait: false));
        return payload;
    }

    /// <summary>True when there is nothing to read from the device, and the connection stands.</summary>
    public bool HearsNothing() => UnixSocket.Receive(_socket, new byte[1], wait: false) == -Errno.EAGAIN;

    /// <summary>The handshake at probe, up to the memory table.</summary>
    public MockGuest Handshake(VirtioFeatures features = VirtioFeatures.Ring, ulong deviceFeatures = 0)
    {
        Send((uint)VhostUserRequest.SetOwner, VhostUserHeader.Plain, []);
        Assert.NotNull(Get(VhostUserRequest.GetFeatures));
        Assert.Equal((ulong)(ProtocolFeatures.Required | ProtocolFeatures.Configuration), Get(VhostUserRequest.GetProtocolFeatures));
        Assert.Equal(0UL, Ask(VhostUserRequest.SetProtocolFeatures, Number((ulong)(ProtocolFeatures.Required | ProtocolFeatures.Configuration))));
        Assert.Equal(0UL, OpenBackChannel());
        Assert.Equal(0UL, Ask(VhostUserRequest.SetFeatures, Number((ulong)(features | VirtioFeatures.ProtocolFeatures) | deviceFeatures)));
        Assert.Equal(0UL, Ask(VhostUserRequest.SetMemoryTable, Table(), _memory.Number));
        return this;
    }

    public ulong? OpenBackChannel()
    {
        using FileDescriptor? former = _backChannel;
        if (former is not null)
        {
            _reactor.Remove(_backChannelToken);
        }

        (FileDescriptor mine, FileDescriptor theirs) = UnixSocket.CreatePair();
        _backChannel = mine;
        _backChannelToken = _reactor.Add(mine, this, urgency: 5);
        using (theirs)
        {
            return Ask(VhostUserRequest.SetBackChannel, [], theirs.Number);
        }
    }

    /// <summary>Sets a ring up as a guest does, one after the other in memory, and enables it.</summary>
    public MockGuest SetUp(int index, int size)
    {
        RingAddresses addresses = Place(size);
        Assert.Null(RingMemory.Locate(LocalMemory(), addresses, size, out Rings[index]));
        Assert.Equal(0UL, Ask(VhostUserRequest.SetVringNum, State(index, (uint)size)));
        Assert.Equal(0UL, Ask(VhostUserRequest.SetVringBase, State(index, 0)));
        Assert.Equal(0UL, Ask(VhostUserRequest.SetVringAddress, Address(index, addresses)));
        return Enable(index, true);
    }

    public MockGuest Enable(int index, bool on)
    {
        Assert.Equal(0UL, Ask(VhostUserRequest.SetVringEnable, State(index, on ? 1u : 0u)));
        return this;
    }

    public ulong? Kick(int index) => Ask(VhostUserRequest.VringKick, State(index, 0));

    public RingAddresses Place(int size)
    {
        ulong used = (_nextRing + (ulong)(RingLayout.DescriptorBytes(size) + RingLayout.AvailableBytes(size)) + 4095) & ~4095UL;
        var addresses = new RingAddresses(_nextRing, _nextRing + (ulong)RingLayout.DescriptorBytes(size), used);
        _nextRing = (used + (ulong)RingLayout.UsedBytes(size) + 4095) & ~4095UL;
        return addresses;
    }

    public ulong Allocate(int bytes)
    {
        ulong address = _nextRing;
        _nextRing += (ulong)((bytes + 15) & ~15);
        return address;
    }

    /// <summary>Writes one descriptor.</summary>
    public MockGuest Describe(int ring, int index, ulong address, uint length, ushort flags = 0, ushort next = 0)
    {
        Rings[ring].Descriptors[index] = new RingDescriptor { Address = address, Length = length, Flags = flags, Next = next };
        return this;
    }

    /// <summary>Writes a table of descriptors into memory.</summary>
    public MockGuest Table(ulong address, params (ulong Address, uint Length, ushort Flags, ushort Next)[] entries)
    {
        var table = (RingDescriptor*)Pointer(address);
        foreach ((ulong start, uint length, ushort flags, ushort next) in entries)
        {
            *table++ = new RingDescriptor { Address = start, Length = length, Flags = flags, Next = next };
        }

        return this;
    }

    /// <summary>Makes a chain available.</summary>
    public MockGuest Offer(int ring, ushort head)
    {
        RingMemory memory = Rings[ring];
        memory.AvailableEntry(memory.AvailableIndex) = head;
        memory.AvailableIndex++;
        return this;
    }

    /// <summary>Answers what the device asks on the back channel, and notes it.</summary>
    public void OnReadable()
    {
        var header = new byte[VhostUserHeader.Bytes];
        if (UnixSocket.Receive(_backChannel!, header, wait: false) != header.Length)
        {
            CloseBackChannel();
            return;
        }

        VhostUserHeader message = VhostUserHeader.Read(header);
        var payload = new byte[message.PayloadBytes];
        Assert.True(payload.Length == 0 || UnixSocket.Receive(_backChannel!, payload, wait: false) == payload.Length);
        bool wantsAnswer = message.Flags == VhostUserHeader.NeedsReply;
        string what = message.Request == (uint)VhostUserNotification.VringCall
            ? $"call {BinaryPrimitives.ReadInt32LittleEndian(payload)}"
            : $"change";
        _log.Add(wantsAnswer ? what + "?" : what);
        if (wantsAnswer && Answers)
        {
            UnixSocket.Send(_backChannel!, AnswerBytes ?? Message(message.Request, VhostUserHeader.Reply, Number(0)));
        }
    }

    /// <summary>Lets the device and this guest read what is there.</summary>
    public void Serve()
    {
        while (_reactor.RunOnce(0))
        {
        }
    }

    public void CloseBackChannel()
    {
        if (_backChannel is not null)
        {
            _reactor.Remove(_backChannelToken);
            _backChannel.Dispose();
            _backChannel = null;
        }
    }

    public void CloseConnection() => _socket.Dispose();

    public void Dispose()
    {
        CloseBackChannel();
        _socket.Dispose();
        _mapping.Dispose();
        _memory.Dispose();
    }

    public GuestMemory LocalMemory() => GuestMemory.OfProcess(_mapping.Start, MemoryBytes, MemoryAddress, _mapping);

    public static byte[] Message(uint request, uint flags, ReadOnlySpan<byte> payload)
    {
        var message = new byte[VhostUserHeader.Bytes + payload.Length];
        new VhostUserHeader(request, flags, (uint)payload.Length).Write(message);
        payload.CopyTo(message.AsSpan(VhostUserHeader.Bytes));
        return message;
    }

    public static byte[] Number(ulong value)
    {
        var payload = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, value);
        return payload;
    }

    public static byte[] State(int index, uint value) => Number((uint)index | ((ulong)value << 32));

    public static byte[] Address(int index, RingAddresses addresses, uint flags = 0)
        => [.. State(index, flags), .. Number(addresses.Descriptors), .. Number(addresses.Used), .. Number(addresses.Available), .. Number(ulong.MaxValue)];

    /// <summary>One region as User-Mode Linux describes it, with room for a second.</summary>
    public static byte[] Table(
        uint count = 1, ulong address = MemoryAddress, ulong size = MemoryBytes, ulong user = MemoryAddress, ulong offset = 0)
        => [.. State((int)count, 0), .. Number(address), .. Number(size), .. Number(user), .. Number(offset), .. new byte[32]];

    public static byte[] OverlappingTable()
    {
        byte[] table = Table(2);
        table.AsSpan(8, 32).CopyTo(table.AsSpan(40));
        return table;
    }
}
