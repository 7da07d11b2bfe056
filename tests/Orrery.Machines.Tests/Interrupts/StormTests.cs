using FsCheck;
using FsCheck.Fluent;
using Orrery.Simulation;

namespace Orrery.Machines.Tests.Interrupts;

/// <summary>Everything that can interrupt a machine, at random times, with sleep and masking mixed in.</summary>
public class StormTests
{
    private const int Schedules = 10_000;

    internal enum Act
    {
        Frame,
        Link,
        Type,
        Sleep,
        SleepWakeable,
        Mask,
        Unmask,
    }

    internal sealed record Step(Act Act, int At, int Length);

    [Fact]
    public void Nothing_is_lost_doubled_or_early()
    {
        // Few instants, so that much happens at the same one.
        Gen<Step> step = from act in Gen.Elements(Enum.GetValues<Act>())
                         from at in Gen.Choose(1, 40)
                         from length in Gen.Choose(1, 12)
                         select new Step(act, at, length);
        Prop.ForAll(
                step.ListOf().ToArbitrary(),
                steps => Check([.. steps]))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Schedules).WithEndSize(60));
    }

    private static bool Check(Step[] steps)
    {
        var bench = new MachineBench();
        var frames = new List<(uint Number, SimTime Time)>();
        var typed = new List<(byte Value, SimTime Time)>();
        uint number = 0;
        bool up = true;
        foreach (Step step in steps)
        {
            ulong at = (ulong)step.At * 100;
            switch (step.Act)
            {
                case Act.Frame:
                    bench.At(at, () =>
                    {
                        uint mine = number++;
                        if (bench.Deliver(mine))
                        {
                            frames.Add((mine, bench.Timeline.Now));
                        }
                    });
                    break;
                case Act.Link:
                    bench.At(at, () => bench.Card.SetLink(up = !up));
                    break;
                case Act.Type:
                    bench.At(at, () =>
                    {
                        var bytes = new byte[step.Length];
                        Array.Fill(bytes, (byte)typed.Count);
                        MachinePower before = bench.Machine.Power;
                        Assert.Equal(bytes.Length, bench.Machine.Serial.Receive(bytes, bench.Timeline.Now));
                        Assert.Equal(before, bench.Machine.Power); // acknowledged before any resume
                        typed.AddRange(bytes.Select(value => (value, bench.Timeline.Now)));
                    });
                    break;
                case Act.Sleep or Act.SleepWakeable:
                    bench.InTurnAt(at, () =>
                    {
                        bench.Machine.Serial.Line.Wakes = step.Act == Act.SleepWakeable;
                        bench.Machine.Cards[0].Line.Wakes = step.Act == Act.SleepWakeable;
                        bench.Machine.Sleep(SimDuration.FromNanoseconds((ulong)step.Length * 100));
                    });
                    break;
                case Act.Mask:
                    bench.InTurnAt(at, bench.Machine.Interrupts.Mask);
                    break;
                default:
                    bench.InTurnAt(at, bench.Machine.Interrupts.Unmask);
                    break;
            }
        }

        bench.InTurnAt(100_000, bench.Machine.Interrupts.Unmask);
        bench.Run();
        Assert.Empty(bench.Faults);
        Assert.Equal(frames.Select(frame => frame.Number), bench.Program.Datagrams.Select(datagram => datagram.Number));
        Assert.Equal(typed.Select(key => key.Value), bench.Program.Typed.Select(key => key.Value));
        Assert.All(frames.Zip(bench.Program.Datagrams), pair => Assert.True(pair.First.Time <= pair.Second.Time, "early"));
        Assert.All(typed.Zip(bench.Program.Typed), pair => Assert.True(pair.First.Time <= pair.Second.Time, "early"));
        bool undisturbed = steps.All(step => step.Act is Act.Frame or Act.Link or Act.Type);
        if (undisturbed)
        {
            // Awake and unmasked, a handler runs at its event's very time.
            Assert.Equal(frames.Select(frame => frame.Time), bench.Program.Datagrams.Select(datagram => datagram.Time));
            Assert.Equal(typed.Select(key => key.Time), bench.Program.Typed.Select(key => key.Time));
        }

        return true;
    }
}
