using Orrery.Interrupts.Gic;

namespace Orrery.Interrupts.Tests.Gic.Mutants;

/// <summary>One thing that a device, a guest or its hypervisor can do; what it answers is visible.</summary>
internal sealed record Event(string Name, Func<Machine, uint> Do);

/// <summary>
/// Finds the shortest sequence of events after which two machines differ in something that a guest can see: breadth
/// first over pairs of states, so that no shorter one exists among these events.
/// </summary>
internal sealed class MutantHunt(IReadOnlyList<Event> events, IReadOnlyList<uint> interrupts)
{
    private const int PairLimit = 200_000;

    /// <summary>The names of the events, the last with both answers; null if there is no difference.</summary>
    public IReadOnlyList<string>? ShortestDifference(Machine reference, Machine mutant)
    {
        var seen = new HashSet<string>();
        var open = new Queue<(Machine Reference, Machine Mutant, Trace? Trace)>();
        open.Enqueue((reference, mutant, null));
        seen.Add(Key(reference) + Key(mutant));
        while (open.TryDequeue(out (Machine Reference, Machine Mutant, Trace? Trace) pair))
        {
            foreach (Event happening in events)
            {
                Machine nextReference = pair.Reference.Clone();
                Machine nextMutant = pair.Mutant.Clone();
                uint expected = happening.Do(nextReference);
                uint found = happening.Do(nextMutant);
                var trace = new Trace(pair.Trace, happening.Name);
                if (expected != found)
                {
                    return [.. trace.Names, $"answers {found} instead of {expected}"];
                }

                string visibleExpected = Visible(nextReference);
                string visibleFound = Visible(nextMutant);
                if (visibleExpected != visibleFound)
                {
                    return [.. trace.Names, $"shows {visibleFound} instead of {visibleExpected}"];
                }

                if (seen.Count < PairLimit && seen.Add(Key(nextReference) + Key(nextMutant)))
                {
                    open.Enqueue((nextReference, nextMutant, trace));
                }
            }
        }

        return seen.Count < PairLimit ? null : throw new InvalidOperationException($"More than {PairLimit} pairs of states.");
    }

    /// <summary>What the guest can see: who is signalled, what is pending (P), active (A), and the running priorities.</summary>
    private string Visible(Machine machine)
    {
        IEnumerable<string> parts = interrupts.Select(i =>
            $"{i}:{(machine.IsPending(i) ? "P" : "")}{(machine.IsActive(i) ? "A" : "")}");
        IEnumerable<string> cpus = Enumerable.Range(0, machine.Gic.CpuCount).Select(cpu =>
            $"cpu {cpu}: {(machine.Irq(cpu) ? "IRQ" : "no IRQ")}, running {machine.RunningPriority(cpu):X2}");
        return $"[{string.Join(" ", parts)}; {string.Join("; ", cpus)}]";
    }

    /// <summary>All the state that these events can change.</summary>
    private string Key(Machine machine)
    {
        IEnumerable<string> parts = interrupts.Select(i =>
        {
            InterruptView view = machine.View(i);
            return $"{(view.Line ? 1 : 0)}{(view.Latch ? 1 : 0)}{(view.Active ? 1 : 0)}{(view.Enabled ? 1 : 0)}{view.Priority:X2}";
        });
        IEnumerable<string> cpus = Enumerable.Range(0, machine.Gic.CpuCount).Select(cpu =>
            $"{machine.ActivePriorities(cpu):X}/{machine.Mask(cpu):X2}");
        return string.Join(' ', parts.Concat(cpus)) + ";";
    }

    private sealed record Trace(Trace? Before, string Name)
    {
        public IEnumerable<string> Names => (Before?.Names ?? []).Append(Name);
    }
}
