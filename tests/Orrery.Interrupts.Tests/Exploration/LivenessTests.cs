using FsCheck;
using FsCheck.Fluent;
using Orrery.Interrupts.Exploration;
using Xunit;

namespace Orrery.Interrupts.Tests.Exploration;

/// <summary>The search for fair cycles, against its definition, on random graphs.</summary>
public class LivenessTests
{
    private static readonly Gen<Graph> Graphs =
        from states in Gen.Choose(1, 5)
        from edges in Gen.ArrayOf(
            from start in Gen.Choose(0, states - 1)
            from end in Gen.Choose(0, states - 1)
            from labels in Gen.Choose(0, 15)
            select new GraphEdge(start, end, (uint)labels))
        from propositions in Gen.ArrayOf(Gen.Choose(0, 3), states)
        from fairness in Gen.ArrayOf(
            from labels in Gen.Choose(1, 15)
            from strong in Gen.Elements(true, false)
            select new FairnessConstraint("some", strong ? FairnessKind.Strong : FairnessKind.Weak, (uint)labels))
        from within in Gen.Choose(0, 3)
        from avoiding in Gen.Choose(0, 7)
        from repeating in Gen.Choose(0, 7)
        select new Graph(
            states,
            [.. edges.Take(9)],
            [.. propositions.Select(value => (uint)value)],
            new ModelDescription
            {
                Actions = [new ActionName("somebody", "steps")],
                Fields = ["state"],
                Safety = [],
                Fairness = [.. fairness.Take(3)],
                Liveness =
                [
                    new LivenessProperty("L", "it stays good")
                    {
                        Within = (uint)within, Avoiding = (uint)avoiding, Repeating = (uint)repeating,
                    },
                ],
            });

    [Fact]
    public void A_fair_cycle_is_found_exactly_when_there_is_one() =>
        Prop.ForAll(Graphs.ToArbitrary(), graph =>
        {
            ExplorationResult result = Explorer.Explore<GraphModel, ulong>(new GraphModel(graph));
            bool isViolated = FairCycleOracle.IsViolated(graph, graph.Description.Liveness[0]);
            Assert.Equal(isViolated ? Verdict.Violated : Verdict.Holds, result.Verdict);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void The_counterexample_is_a_shortest_one() =>
        Prop.ForAll(Graphs.ToArbitrary(), graph =>
        {
            Counterexample? found = Explorer.Explore<GraphModel, ulong>(new GraphModel(graph)).Counterexample;
            if (found is not null && found.Steps.Count <= 6)
            {
                Assert.True(found.IsShortest);
                Assert.Equal(
                    FairCycleOracle.ShortestLasso(graph, graph.Description.Liveness[0], found.Steps.Count), found.Steps.Count);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
}
