using Orrery.Interrupts.Exploration;

namespace Orrery.Interrupts.Tests.Exploration;

// <example>
/// <summary>Peterson's lock for two threads: bits 0-1 and 2-3 where each is, bits 4-5 who wants it, bit 6 whose turn it is.</summary>
internal readonly struct PetersonLock : IModel<ulong>
{
    private const int Outside = 0, Waiting = 1, Inside = 2;
    private const uint LeftMoves = 1, RightMoves = 2, LeftEnters = 4; // labels
    private const uint LeftWaits = 1;                                 // a proposition

    private static readonly ModelDescription s_description = new()
    {
        Actions =
        [
            new("left", "asks"), new("left", "enters"), new("left", "leaves"),
            new("right", "asks"), new("right", "enters"), new("right", "leaves"),
        ],
        Fields = ["left is", "right is"],
        Safety = [new("exclusion", "the two are never inside together")],
        Liveness = [new("progress", "who waits enters") { Within = LeftWaits, Avoiding = LeftEnters }],
        Fairness = [new("left", FairnessKind.Weak, LeftMoves), new("right", FairnessKind.Weak, RightMoves)],
    };

    public ModelDescription Description => s_description;

    public int MaxSuccessors => 2;

    public IReadOnlyList<ulong> InitialStates => [0];

    public void AddSuccessors(in ulong state, ref StepList<ulong> steps)
    {
        for (int me = 0; me < 2; me++)
        {
            int place = PlaceOf(state, me);
            bool mustWait = (state >> (5 - me) & 1) != 0 && (state >> 6 & 1) != (ulong)me;
            ulong wants = 16UL << me;
            if (place == Outside)
            {
                ulong otherFirst = me == 0 ? 64UL : 0;
                steps.Add((3 * me) + Outside, Move((state & ~64UL) | wants | otherFirst, me, Waiting));
            }
            else if (place == Waiting && !mustWait)
            {
                steps.Add((3 * me) + Waiting, Move(state, me, Inside), me == 0 ? LeftMoves | LeftEnters : RightMoves);
            }
            else if (place == Inside)
            {
                steps.Add((3 * me) + Inside, Move(state & ~wants, me, Outside), me == 0 ? LeftMoves : RightMoves);
            }
        }
    }

    public uint Violations(in ulong state) => PlaceOf(state, 0) == Inside && PlaceOf(state, 1) == Inside ? 1u : 0;

    public uint Propositions(in ulong state) => PlaceOf(state, 0) == Waiting ? LeftWaits : 0;

    public ulong Canonical(in ulong state) => state;

    public string FieldValue(in ulong state, int field) => PlaceOf(state, field) switch
    {
        Outside => "outside",
        Waiting => "waiting",
        _ => "inside",
    };

    private static int PlaceOf(ulong state, int thread) => (int)(state >> (2 * thread)) & 3;

    private static ulong Move(ulong state, int thread, int place) =>
        (state & ~(3UL << (2 * thread))) | ((ulong)place << (2 * thread));
}
// </example>
