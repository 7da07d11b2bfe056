using System.Net.Sockets;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Posix;
using Orrery.Simulation;
using Orrery.TimeTravel.Tests.Support;
using Xunit;

namespace Orrery.TimeTravel.Tests;

/// <summary>Peers that send anything at all, in the middle of a running calendar or to a client.</summary>
public class RandomPeerTests
{
    /// <summary>Messages that often make sense, and sometimes do not.</summary>
    private static Gen<TimeTravelMessage> Messages(params TimeTravelOperation[] likely) =>
        from operation in Gen.Frequency(
            (8, Gen.Elements(likely)), (1, Gen.Choose(0, 12).Select(o => (TimeTravelOperation)o)), (1, Gen.Constant((TimeTravelOperation)uint.MaxValue)))
        from sequence in Gen.Frequency((6, Gen.Choose(1, 6)), (1, Gen.Choose(0, int.MaxValue)))
        from time in Gen.Frequency(
            (6, Gen.Choose(0, 3_000_000).Select(t => (ulong)t)),
            (1, Gen.Elements<ulong>(0, 1ul << 62, long.MaxValue, 1ul << 63, ulong.MaxValue)))
        select new TimeTravelMessage(operation, (uint)sequence, time);

    [Fact]
    public void A_participant_that_sends_any_bytes_stops_nobody()
    {
        Prop.ForAll(
            Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf().ToArbitrary(),
            ArbMap.Default.ArbFor<bool>(),
            (bytes, isAdmitted) => Survives(isAdmitted, client => client.SendBytes(bytes)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(200));
    }

    [Fact]
    public void A_participant_that_sends_any_messages_stops_nobody()
    {
        Gen<TimeTravelMessage> message = Messages(
            TimeTravelOperation.Request, TimeTravelOperation.Wait, TimeTravelOperation.Acknowledge, TimeTravelOperation.Get,
            TimeTravelOperation.Update, TimeTravelOperation.Broadcast, TimeTravelOperation.GetTimeOfDay);
        Prop.ForAll(
            message.ArrayOf().ToArbitrary(),
            ArbMap.Default.ArbFor<bool>(),
            (messages, isAdmitted) => Survives(isAdmitted, client => client.SendBytes(MemoryMarshal.AsBytes<TimeTravelMessage>(messages))))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(100).WithEndSize(40));
    }

    [Fact]
    public void A_calendar_that_sends_any_bytes_stops_the_client_with_the_rule_it_broke()
    {
        Prop.ForAll(
            Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf().ToArbitrary(),
            ArbMap.Default.ArbFor<bool>(),
            (bytes, isAdmitted) => StopsTheClient(isAdmitted, bytes))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(300));
    }

    [Fact]
    public void A_calendar_that_sends_any_messages_stops_the_client_with_the_rule_it_broke()
    {
        Gen<TimeTravelMessage> message = Messages(
            TimeTravelOperation.Acknowledge, TimeTravelOperation.Run, TimeTravelOperation.FreeUntil, TimeTravelOperation.Broadcast);
        Prop.ForAll(
            message.ArrayOf().ToArbitrary(),
            messages => StopsTheClient(isAdmitted: true, MemoryMarshal.AsBytes<TimeTravelMessage>(messages).ToArray()))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(40));
    }

    /// <summary>Two others take their turns while the peer does what it does and leaves.</summary>
    private static void Survives(bool isAdmitted, Action<RawClient> peer)
    {
        using var bench = new CalendarBench(new CalendarOptions { AdmitsUnknown = true, Memory = MemoryMode.Shared });
        foreach (bool useMemory in new[] { true, false })
        {
            bench.Client(
                useMemory ? 1ul : 2ul,
                client =>
                {
                    for (int i = 0; i < 20; i++)
                    {
                        SimTime next = client.Now + SimDuration.FromMicroseconds(100);
                        Assert.True(client.AdvanceTo(next), client.Fault?.ToString());
                        Assert.Equal(next, client.Now);
                    }
                },
                useMemory);
        }

        bench.Raw(client =>
        {
            if (isAdmitted)
            {
                client.Start(3);
            }

            peer(client);
        });
        bench.RunUnannounced(isAdmitted ? 3 : 2);
        bench.Join();
        Assert.Equal(2, bench.Left.Count(l => l.Participant.Id is 1 or 2 && l.Fault is null));
    }

    private static void StopsTheClient(bool isAdmitted, byte[] bytes)
    {
        (FileDescriptor near, FileDescriptor far) = UnixSocket.CreatePair();
        using (far)
        {
            if (isAdmitted)
            {
                // The first number a client uses is 1, and the memory that does not come is not used.
                UnixSocket.Send(far, MemoryMarshal.AsBytes<TimeTravelMessage>([new(TimeTravelOperation.Acknowledge, 1, 1)]));
            }

            UnixSocket.Send(far, bytes);
            using (var socket = new Socket(new SafeSocketHandle(far.Number, ownsHandle: false)))
            {
                socket.Shutdown(SocketShutdown.Send); // the client can still be heard
            }

            using var client = TimeTravelClient.Start(near, new ClientOptions { Id = 1 }, out CalendarFault? fault);
            while (client is not null && client.Update() && client.AdvanceTo(SimTime.Max(client.Now, client.FreeUntil)))
            {
            }

            fault ??= client!.Fault;
            Assert.NotEmpty(fault!.What);
            Assert.True(Enum.IsDefined(fault.Rule));
            Assert.True(client is null || (!client.RequestAt(client.Now) && !client.Synchronize() && !client.Broadcast(1)));
        }
    }
}
