using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Posix;
using Orrery.Simulation;
using Orrery.TimeTravel.Tests.Support;
using Xunit;

namespace Orrery.TimeTravel.Tests;

/// <summary>
/// Participants that take turns and kick each other directly run in one order: by time, then by their place, whatever mixture
/// of messages and schedule memory they use. A sequential model says which.
/// </summary>
public class OrderTests
{
    /// <summary>Something a participant does: it waits, and then kicks another (its own number: nobody).</summary>
    private sealed record Step(int Delay, int Target, int Latency);

    /// <summary>What each participant does, one after the other, and whether it uses memory.</summary>
    private sealed record Scenario(Step[][] Programs, bool[] UseMemory, bool IsShared)
    {
        public override string ToString() =>
            string.Join(" | ", Programs.Select((p, i) => $"{i}{(UseMemory[i] && IsShared ? " memory" : "")}: {string.Join(", ", p.Select(s => s))}"));
    }

    private readonly record struct Entry(ulong Time, int Participant, bool IsKicked);

    [Fact]
    public void Any_mixture_of_memory_and_messages_gives_the_order_of_the_model()
    {
        Gen<Step> step =
            from delay in Gen.Frequency((1, Gen.Constant(0)), (4, Gen.Choose(1, 40)))
            from target in Gen.Choose(0, 3)
            from latency in Gen.Frequency((1, Gen.Constant(0)), (2, Gen.Choose(1, 30)))
            select new Step(delay, target, latency);
        Gen<Scenario> scenario =
            from programs in Gen.Choose(0, 12).SelectMany(n => step.ArrayOf(n)).ArrayOf(4)
            from memory in Gen.Elements(true, false).ArrayOf(4)
            from shared in Gen.Frequency((3, Gen.Constant(true)), (1, Gen.Constant(false)))
            select new Scenario(programs, memory, shared);
        Prop.ForAll(Arb.From(scenario, Shorter), s => Assert.Equal(Model(s), Run(s)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    [Fact]
    public void The_order_is_the_same_where_each_has_its_own_memory_and_nobody_kicks()
    {
        Step[][] programs = [.. Enumerable.Range(1, 4).Select(i => Enumerable.Range(0, 30).Select(k => new Step(k * i % 7, i - 1, 0)).ToArray())];
        var scenario = new Scenario(programs, [true, true, true, true], true);
        Assert.Equal(Model(scenario), Run(scenario, MemoryMode.Private));
    }

    private static IEnumerable<Scenario> Shorter(Scenario scenario)
    {
        for (int i = 0; i < scenario.Programs.Length; i++)
        {
            for (int k = 0; k < scenario.Programs[i].Length; k++)
            {
                Step[][] programs = [.. scenario.Programs];
                programs[i] = [.. programs[i].Where((_, index) => index != k)];
                yield return scenario with { Programs = programs };
            }
        }
    }

    /// <summary>What must happen: always the earliest event of all, of those at one instant the first participant's.</summary>
    private static List<Entry> Model(Scenario scenario)
    {
        int count = scenario.Programs.Length;
        var log = new List<Entry>();
        Agenda[] agendas = [.. scenario.Programs.Select(p => new Agenda(p))];
        while (true)
        {
            int next = Enumerable.Range(0, count).MinBy(i => agendas[i].NextTime);
            if (agendas[next].NextTime == ulong.MaxValue)
            {
                return log;
            }

            ulong now = agendas[next].NextTime;
            Step? step = agendas[next].Take();
            log.Add(new Entry(now, next, step is null));
            if (step is not null && step.Target != next)
            {
                agendas[step.Target].Kick(now + (ulong)step.Latency);
            }
        }
    }

    private static List<Entry> Run(Scenario scenario, MemoryMode? memory = null)
    {
        int count = scenario.Programs.Length;
        using var bench = new CalendarBench(new CalendarOptions
        {
            AdmitsUnknown = true,
            WaitLimit = TimeSpan.FromSeconds(20), // only what is broken waits so long
            Memory = memory ?? (scenario.IsShared ? MemoryMode.Shared : MemoryMode.Off),
        });
        var log = new List<Entry>();
        (FileDescriptor First, FileDescriptor Second)[,] wires = new (FileDescriptor, FileDescriptor)[count, count];
        for (int i = 0; i < count; i++)
        {
            for (int k = 0; k < count; k++)
            {
                wires[i, k] = UnixSocket.CreatePair();
            }

            int index = i;
            bench.Client(
                (ulong)i + 1,
                client => new Actor(client, index, scenario.Programs[index], wires, log).Live(),
                scenario.UseMemory[i]);
        }

        bench.RunUnannounced(count);
        Assert.Empty(bench.Faults);
        bench.Calendar.Dispose();
        bench.Join();
        foreach ((FileDescriptor first, FileDescriptor second) in wires)
        {
            first.Dispose();
            second.Dispose();
        }

        return log;
    }

    /// <summary>What one participant still has to do: its own steps one after the other, and kicks.</summary>
    private sealed class Agenda(Step[] program)
    {
        private readonly PriorityQueue<bool, ulong> _kicks = new();
        private int _next;
        private ulong _stepTime = program.Length > 0 ? (ulong)program[0].Delay : ulong.MaxValue;

        public ulong NextTime => _kicks.TryPeek(out _, out ulong kick) ? Math.Min(kick, _stepTime) : _stepTime;

        public void Kick(ulong time) => _kicks.Enqueue(true, time);

        /// <summary>Takes the next event; null is a kick. Kicks go before steps of the same instant.</summary>
        public Step? Take()
        {
            if (_kicks.TryPeek(out _, out ulong kick) && kick <= _stepTime)
            {
                _kicks.Dequeue();
                return null;
            }

            Step step = program[_next++];
            _stepTime = _next < program.Length ? _stepTime + (ulong)program[_next].Delay : ulong.MaxValue;
            return step;
        }
    }

    /// <summary>A participant: the same agenda, driven by the calendar.</summary>
    private sealed class Actor(
        TimeTravelClient client, int index, Step[] program, (FileDescriptor First, FileDescriptor Second)[,] wires, List<Entry> log)
    {
        private readonly Agenda _agenda = new(program);

        public void Live()
        {
            for (int i = 0; i < wires.GetLength(0); i++)
            {
                FileDescriptor wire = wires[i, index].Second;
                client.Reactor.Add(wire, new Kicked(() => OnKick(wire)), 0);
            }

            while (client.RequestAt(NextTime) && client.WaitUntilRun())
            {
                Assert.Equal(NextTime, client.Now);
                Step? step = _agenda.Take();
                lock (log)
                {
                    log.Add(new Entry(client.Now.Nanoseconds, index, step is null));
                }

                if (step is not null && step.Target != index)
                {
                    Kick(step);
                }
            }

            // The test closes the calendar when nothing is left to do.
            Assert.Equal(CalendarRule.KeepsConnection, client.Fault!.Rule);
        }

        private SimTime NextTime => _agenda.NextTime == ulong.MaxValue ? SimTime.Never : SimTime.FromNanoseconds(_agenda.NextTime);

        private void Kick(Step step)
        {
            FileDescriptor wire = wires[index, step.Target].First;
            bool isAnswered = false;
            int token = client.Reactor.Add(wire, new Kicked(() => isAnswered = wire.Read(new byte[8]) == 8), 0);
            Assert.True(client.Update());
            wire.Write(BitConverter.GetBytes((ulong)step.Latency));
            Assert.True(client.Serve(() => isAnswered), client.Fault?.ToString());
            client.Reactor.Remove(token);
        }

        private void OnKick(FileDescriptor wire)
        {
            var bytes = new byte[8];
            Assert.Equal(8, wire.Read(bytes));
            Assert.True(client.Synchronize(), client.Fault?.ToString());
            _agenda.Kick(client.Now.Nanoseconds + MemoryMarshal.Read<ulong>(bytes));
            Assert.True(client.RequestAt(NextTime), client.Fault?.ToString());
            wire.Write(bytes);
        }
    }

    private sealed class Kicked(Action action) : IReadinessHandler
    {
        public void OnReadable() => action();
    }
}
