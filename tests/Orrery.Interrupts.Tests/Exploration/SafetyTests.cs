using Orrery.Interrupts.Exploration;
using Xunit;

namespace Orrery.Interrupts.Tests.Exploration;

/// <summary>Reachability, limits, symmetry and shortest runs, on a model that counts.</summary>
public class SafetyTests
{
    [Fact]
    public void Every_state_is_visited_once()
    {
        ExplorationResult result = Explorer.Explore<Counters, ulong>(
            new Counters(9), new ExplorationOptions { Properties = ["S1"], UseSymmetry = false });
        Assert.Equal((Verdict.Holds, 100L, 180L, 18), (result.Verdict, result.States, result.Transitions, result.Depth));
    }

    [Fact]
    public void Symmetry_visits_one_of_each_pair_of_mirror_images()
    {
        var options = new ExplorationOptions { Properties = ["S1"] };
        ExplorationResult reduced = Explorer.Explore<Counters, ulong>(new Counters(9), options);
        ExplorationResult full = Explorer.Explore<Counters, ulong>(new Counters(9), options with { UseSymmetry = false });
        Assert.Equal((55L, 100L), (reduced.States, full.States));
    }

    [Fact]
    public void A_violation_is_shown_by_a_shortest_run()
    {
        Counterexample found = Explorer.Explore<Counters, ulong>(new Counters(9, forbidden: (3, 1))).Counterexample!;
        Assert.Equal(("S1", 4), (found.Property, found.Steps.Count));
        Assert.Equal([new FieldValue("left", "0"), new FieldValue("right", "0")], found.Start);
        Assert.Equal(3, found.Steps.Count(step => step.Actor == "left"));
    }

    [Fact]
    public void A_run_through_a_reduced_space_keeps_the_names_of_its_actors()
    {
        var options = new ExplorationOptions { Properties = ["S1"] };
        Counterexample found = Explorer.Explore<Counters, ulong>(new Counters(9, forbidden: (3, 1)), options).Counterexample!;
        Assert.Equal(4, found.Steps.Count);
        int left = 0, right = 0;
        foreach (TraceStep step in found.Steps)
        {
            ref int counter = ref step.Actor == "left" ? ref left : ref right;
            Assert.Equal([new FieldChange(step.Actor, $"{counter}", $"{counter + 1}")], step.Changes);
            counter++;
        }

        Assert.Equal((1, 3), (Math.Min(left, right), Math.Max(left, right)));
    }

    [Fact]
    public void A_state_without_steps_is_a_deadlock_only_where_that_is_wrong()
    {
        var options = new ExplorationOptions { Properties = [Counters.NoDeadlock] };
        Counterexample found = Explorer.Explore<Counters, ulong>(new Counters(2), options).Counterexample!;
        Assert.Equal((Counters.NoDeadlock, 4), (found.Property, found.Steps.Count));
        Assert.Equal(Verdict.Holds, Explorer.Explore<Counters, ulong>(new Counters(2), options with { Properties = ["S1"] }).Verdict);
    }

    [Fact]
    public void Limits_end_an_exploration_and_say_which()
    {
        var model = new Counters(2000);
        ExplorationResult few = Explorer.Explore<Counters, ulong>(model, new ExplorationOptions { StateLimit = 1000 });
        Assert.Equal(Verdict.StateLimitReached, few.Verdict);
        Assert.InRange(few.States, 1000, 1010);
        ExplorationResult small = Explorer.Explore<Counters, ulong>(
            model, new ExplorationOptions { MemoryLimitBytes = 16 << 20, Properties = ["S1"] });
        Assert.Equal(Verdict.MemoryLimitReached, small.Verdict);
        Assert.InRange(small.MemoryBytes, 1 << 20, 16 << 20);
    }

    [Fact]
    public void A_large_space_is_counted_exactly()
    {
        ExplorationResult result = Explorer.Explore<Counters, ulong>(
            new Counters(999), new ExplorationOptions { Properties = [], UseSymmetry = false });
        Assert.Equal((1_000_000L, 1_998_000L, 1998), (result.States, result.Transitions, result.Depth));
    }

    [Fact]
    public void A_model_with_more_steps_than_it_says_is_refused() =>
        Assert.Throws<IndexOutOfRangeException>(() => Explorer.Explore<Counters, ulong>(new Counters(1, maxSuccessors: 1)));

    /// <summary>Two counters that each count up to a limit.</summary>
    private readonly struct Counters(int limit, (int High, int Low)? forbidden = null, int maxSuccessors = 2) : IModel<ulong>
    {
        public const string NoDeadlock = "D";

        public ModelDescription Description { get; } = new()
        {
            Actions = [new ActionName("left", "counts"), new ActionName("right", "counts")],
            Fields = ["left", "right"],
            Safety = [new SafetyProperty("S1", "the forbidden pair is not reached")],
            NoDeadlock = new SafetyProperty(NoDeadlock, "a counter can count"),
        };

        public int MaxSuccessors => maxSuccessors;

        public IReadOnlyList<ulong> InitialStates => [0];

        public void AddSuccessors(in ulong state, ref StepList<ulong> steps)
        {
            (int left, int right) = Split(state);
            if (left < limit)
            {
                steps.Add(0, state + 1);
            }

            if (right < limit)
            {
                steps.Add(1, state + (1UL << 32));
            }
        }

        public uint Violations(in ulong state)
        {
            (int left, int right) = Split(state);
            return forbidden == (Math.Max(left, right), Math.Min(left, right)) ? 1u : 0;
        }

        public uint Propositions(in ulong state) => 0;

        public ulong Canonical(in ulong state)
        {
            ulong mirrored = (state << 32) | (state >> 32);
            return Math.Min(state, mirrored);
        }

        public string FieldValue(in ulong state, int field)
        {
            (int left, int right) = Split(state);
            return $"{(field == 0 ? left : right)}";
        }

        private static (int Left, int Right) Split(ulong state) => ((int)(uint)state, (int)(state >> 32));
    }
}
