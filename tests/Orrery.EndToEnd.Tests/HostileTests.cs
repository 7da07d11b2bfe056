using System.Buffers.Binary;
using System.Net.Sockets;
using Orrery.Lab.Running;

namespace Orrery.EndToEnd.Tests;

/// <summary>
/// Everything that takes usfstl's controller down (um_timetravel, "reactions to bad input"), and random bytes, on real
/// sockets in the middle of a lab with real kernels: the offender goes, the others finish.
/// </summary>
public sealed class HostileTests : IDisposable
{
    private const uint
        Ack = 0, Start = 1, Request = 2, Wait = 3, Get = 4, Update = 5, Run = 6, FreeUntil = 7, GetTod = 8, Broadcast = 9;

    private const string Lab = """
        seed: 1
        nodes:
          client: { kind: linux, run: ping -c 20 server }
          server: { kind: linux }
          villain: { kind: machine, process: own }
        links:
          - between: [client, server]
            delay: 5ms
        until: client exits
        """;

    private readonly LabFixture _labs = new();

    public void Dispose() => _labs.Dispose();

    /// <summary>What the villain says after it has been admitted with the turn.</summary>
    public static TheoryData<string, byte[]> AfterAdmission => new()
    {
        { "half a message", Message(Get, 2, 0)[..7] },
        { "START twice", Message(Start, 2, 3) },
        { "an acknowledgement of nothing", Message(Ack, 77, 0) },
        { "a request in the past", [.. Message(Request, 2, 5000), .. Message(Wait, 3, 0), .. Message(Request, 4, 1)] },
        { "WAIT without the turn", [.. Message(Wait, 2, 0), .. Message(Wait, 3, 0)] },
        { "UPDATE without the turn", [.. Message(Wait, 2, 0), .. Message(Update, 3, 5000)] },
        { "UPDATE far beyond its limit", Message(Update, 2, 1UL << 40) },
        { "RUN from a participant", Message(Run, 2, 0) },
        { "FREE_UNTIL from a participant", Message(FreeUntil, 2, 0) },
        { "an operation that does not exist", Message(10, 2, 0) },
        { "another one", Message(uint.MaxValue, 2, 0) },
        { "random bytes", RandomBytes(seed: 1, 4096) },
        { "other random bytes", RandomBytes(seed: 2, 100_000) },
    };

    [Theory]
    [MemberData(nameof(AfterAdmission))]
    public void A_participant_that_breaks_the_protocol_goes_alone(string what, byte[] bytes)
    {
        using var villain = new Villain(bytes, admitted: true);
        FinishedLab lab = RunWith(villain);
        Assert.True(lab.PingsOf("client").Count == 20, what);
        Assert.Equal(0, lab.Result.Nodes[0].ExitCode);
        Assert.Equal("failed", lab.Result.Nodes[2].State);
        Assert.Equal(RunStatus.ParticipantFault, lab.Result.Status);
        Assert.Contains("villain", lab.Result.Faults[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(GetTod)]
    [InlineData(Broadcast)]
    public void Whoever_does_not_begin_with_START_is_not_admitted(uint operation)
    {
        using var villain = new Villain(Message(operation, 1, 0), admitted: false);
        // The calendar goes on waiting for the machine that was announced; not for the usual minute here.
        FinishedLab lab = RunWith(villain, "calendar.watchdog=10s");
        Assert.Equal(20, lab.PingsOf("client").Count);
        Assert.NotEmpty(lab.Result.Faults.Concat(lab.Watcher.Warnings));
    }

    [Fact]
    public void Strangers_at_every_socket_of_a_guest_cost_nothing_but_a_line()
    {
        var strangers = new List<Socket>();
        var watcher = new Watcher
        {
            OnProgress = run =>
            {
                if (strangers.Count == 0 && run.Now.Nanoseconds > 1_000_000_000)
                {
                    strangers.AddRange(Guests.Folders().SelectMany(folder => Directory.EnumerateFiles(folder))
                        .Where(IsSocket).SelectMany(path => Enumerable.Range(0, 40).Select(i => Knock(path, i))));
                }
            },
        };
        FinishedLab lab = _labs.Run(Lab.Replace("  villain: { kind: machine, process: own }\n", "", StringComparison.Ordinal), null, watcher);
        strangers.ForEach(stranger => stranger.Dispose());
        Assert.NotEmpty(strangers);
        Assert.Equal(RunStatus.Passed, lab.Result.Status);
        Assert.Equal(20, lab.PingsOf("client").Count);
        Assert.Contains(lab.Watcher.Warnings, line => line.Contains("turned away", StringComparison.Ordinal));
    }

    private FinishedLab RunWith(Villain villain, params string[] settings)
        => _labs.Run(Lab, new RunOptions { MachineCommand = villain.Command }, null, settings);

    private static bool IsSocket(string path) => Path.GetFileName(path) is "clock" or "net0" or "out" or "control";

    private static Socket Knock(string path, int number)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            socket.Send((number % 4) switch
            {
                0 => Message(Start, 1, 1), // the identification of a guest that is there
                1 => Message(Get, 1, 0),
                2 => RandomBytes(number, 64),
                _ => [],
            });
        }
        catch (SocketException)
        {
            // Nobody takes more connections: that is an answer, too.
        }

        return socket;
    }

    private static byte[] Message(uint operation, uint sequence, ulong time)
    {
        var message = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(message, operation);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(4), sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(8), time);
        return message;
    }

    private static byte[] RandomBytes(int seed, int count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Takes the place of a machine's process: the command waits, and a thread speaks for it.</summary>
    private sealed class Villain : IDisposable
    {
        private const ulong Id = 3;

        private readonly Thread _thread;
        private readonly string _mark = $"/tmp/orrery-villain-{Guid.NewGuid():N}";

        public Villain(byte[] bytes, bool admitted)
        {
            _thread = new Thread(() => Speak(bytes, admitted));
            _thread.Start();
        }

        /// <summary>Notes the machine's specification for the thread, then stays as long as its standard output is read.</summary>
        public IReadOnlyList<string> Command => ["/bin/sh", "-c", $"cat > {_mark}.part && mv {_mark}.part {_mark} && exec sleep 1000"];

        public void Dispose()
        {
            _thread.Join();
            File.Delete(_mark);
        }

        private void Speak(byte[] bytes, bool admitted)
        {
            while (!File.Exists(_mark))
            {
                Thread.Sleep(1);
            }

            string calendar = System.Text.Json.JsonDocument.Parse(File.ReadAllText(_mark)).RootElement.GetProperty("calendar").GetString()!;
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(calendar));
            try
            {
                if (admitted)
                {
                    socket.Send(Message(Start, 1, Id));
                    socket.Receive(new byte[16]);
                }

                socket.Send(bytes);
                if (bytes.Length % 16 != 0)
                {
                    socket.Shutdown(SocketShutdown.Send);
                }

                while (socket.Receive(new byte[4096]) > 0)
                {
                }
            }
            catch (SocketException)
            {
                // Dropped in the middle of a word.
            }
        }
    }
}
