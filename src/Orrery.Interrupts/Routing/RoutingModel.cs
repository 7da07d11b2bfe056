using System.Runtime.CompilerServices;
using Orrery.Interrupts.Exploration;

namespace Orrery.Interrupts.Routing;

/// <summary>
/// Guests, kernel, user space, host and time around virtual timers routed to user space, as a model that can be explored:
/// every interleaving of what <see cref="KernelSide{TProtocol}"/>, <see cref="UserSide{TProtocol}"/> and a guest that does
/// whatever its repertoire allows can do next.
/// </summary>
/// <typeparam name="TProtocol">The protocol.</typeparam>
/// <typeparam name="TState">
/// <see cref="ulong"/> for one vCPU on one CPU, <see cref="UInt128"/> for two of either: word i holds vCPU i in its low 57
/// bits and physical CPU i above.
/// </typeparam>
public readonly partial struct RoutingModel<TProtocol, TState> : IModel<TState>
    where TProtocol : struct, IRoutingProtocol
    where TState : unmanaged, IEquatable<TState>
{
    private readonly RoutingOptions _options;
    private readonly KernelSide<TProtocol> _kernel;
    private readonly UserSide<TProtocol> _user;
    private readonly int _vcpus;
    private readonly int _hostCpus;
    private readonly Repertoire _repertoire;
    private readonly bool _hasTick;
    private readonly bool _checksLevelRules;

    /// <summary>Builds the model of a system.</summary>
    /// <exception cref="ArgumentException">The system does not fit <typeparamref name="TState"/>.</exception>
    public RoutingModel(RoutingOptions options)
    {
        if (Math.Max(options.Vcpus, options.HostCpus) * sizeof(ulong) > Unsafe.SizeOf<TState>()
            || options.Vcpus < 1 || options.HostCpus < 1)
        {
            throw new ArgumentException("The state has no room for so many CPUs.", nameof(options));
        }

        _options = options;
        _kernel = new KernelSide<TProtocol>(options);
        _user = new UserSide<TProtocol>(options);
        _vcpus = options.Vcpus;
        _hostCpus = options.HostCpus;
        _repertoire = options.Repertoire;
        _hasTick = options.HasTick;
        _checksLevelRules = !options.IsEdgeTriggered;
        Description = RoutingDescription.Describe(options, TProtocol.FallNeedsUserExit);
    }

    /// <inheritdoc/>
    public ModelDescription Description { get; }

    /// <inheritdoc/>
    public int MaxSuccessors => 32 * _vcpus;

    /// <summary>
    /// As many guests as there are CPUs run, their timers armed; the others are about to. Where there are more guests than
    /// CPUs, each of them may be the one that runs, so that what holds for one holds for all that are like it.
    /// </summary>
    public IReadOnlyList<TState> InitialStates =>
        [.. Enumerable.Range(0, Math.Max(1, _vcpus - _hostCpus + 1)).Select(InitialState)];

    /// <inheritdoc/>
    public void AddSuccessors(in TState state, ref StepList<TState> steps)
    {
        for (int index = 0; index < _vcpus; index++)
        {
            var turn = new Turn(state, index, VcpuOf(state, index));
            AddTimeAndDevices(turn, ref steps);
            switch (turn.Vcpu.Place)
            {
                case Place.UserRun:
                    AddUserRun(turn, ref steps);
                    break;
                case Place.UserReturned:
                    AddUserReturned(turn, ref steps);
                    break;
                case Place.UserAccess:
                    AddUserAccess(turn, ref steps);
                    break;
                case Place.KernelLoad:
                    AddLoad(turn, ref steps);
                    break;
                case Place.KernelBlocked:
                    AddBlocked(turn, ref steps);
                    break;
                default:
                    AddLoaded(turn, ref steps);
                    break;
            }
        }

        AddLateInterrupts(state, ref steps);
    }

    /// <inheritdoc/>
    public uint Violations(in TState state)
    {
        uint violations = 0;
        for (int index = 0; index < _hostCpus; index++)
        {
            HostCpu cpu = CpuOf(state, index);
            if (cpu.Current == HostCpu.Nobody)
            {
                continue;
            }

            Vcpu vcpu = VcpuOf(state, cpu.Current);
            if (vcpu.Place != Place.Guest)
            {
                continue;
            }

            if (vcpu.HasKernelController)
            {
                violations |= (vcpu.Active || vcpu.Pin) && !cpu.Active ? RoutingProperties.SW : 0;
            }
            else
            {
                violations |= cpu.IsGated && !TProtocol.IsTold(vcpu.Word, vcpu.Input) ? RoutingProperties.S8 : 0;
            }
        }

        for (int index = 0; index < _vcpus; index++)
        {
            violations |= !_options.AnnouncesPhysicalTimer && VcpuOf(state, index).PhysicalWord ? RoutingProperties.S9 : 0;
        }

        return violations;
    }

    /// <inheritdoc/>
    public uint Propositions(in TState state)
    {
        uint propositions = 0;
        for (int index = 0; index < _vcpus; index++)
        {
            propositions |= RoutingProperties.Shift(PropositionsOf(VcpuOf(state, index)), index);
        }

        return propositions;
    }

    /// <summary>
    /// Two vCPUs are interchangeable, of one machine or of two, and so are two physical CPUs: each pair is put in order.
    /// </summary>
    public TState Canonical(in TState state)
    {
        if (_vcpus == 1)
        {
            return CpusInOrder(state);
        }

        ulong first = VcpuOf(state, 0).Bits;
        ulong second = VcpuOf(state, 1).Bits;
        TState ordered = CpusInOrder(first <= second ? state : SwapVcpus(state));
        return first == second ? Smaller(ordered, CpusInOrder(SwapVcpus(state))) : ordered;
    }

    /// <inheritdoc/>
    public string FieldValue(in TState state, int field)
    {
        (int index, int of) = RoutingDescription.SplitField(field, _vcpus);
        return index < _vcpus
            ? RoutingDescription.Value(VcpuOf(state, index), of)
            : RoutingDescription.Value(CpuOf(state, index - _vcpus), of, _options);
    }

    /// <summary>The vCPU <paramref name="index"/> of a state.</summary>
    internal static Vcpu VcpuOf(in TState state, int index) => new(Word(in state, index));

    /// <summary>The physical CPU <paramref name="index"/> of a state.</summary>
    internal static HostCpu CpuOf(in TState state, int index) => new(Word(in state, index));

    private RoutingPropositions PropositionsOf(in Vcpu vcpu)
    {
        RoutingPropositions propositions = RoutingPropositions.None;
        // An edge-triggered interrupt is taken once for each rise, and a level-triggered one for as long as it is high.
        bool isDue = _options.IsEdgeTriggered ? vcpu.Latch : vcpu.Line;
        if (isDue && vcpu.Enabled && vcpu.DistributorEnabled && vcpu.PriorityOpen && !vcpu.Active
            && (!vcpu.IrqsMasked || vcpu.Phase == GuestPhase.Vector))
        {
            propositions |= vcpu.MustFireAgain && !_options.IsEdgeTriggered
                ? RoutingPropositions.MustBeTakenAgain
                : RoutingPropositions.MustBeTaken;
        }

        if (!vcpu.Line && vcpu.Input && !vcpu.HasKernelController)
        {
            propositions |= RoutingPropositions.InputIsStale;
        }

        if (vcpu.Place != Place.KernelBlocked)
        {
            propositions |= RoutingPropositions.WantsToExecute;
        }
        else if (vcpu.Line && TProtocol.MustExit(vcpu.Line, vcpu.Word))
        {
            propositions |= RoutingPropositions.MustWake;
        }

        return vcpu.Pin ? propositions : propositions | RoutingPropositions.NothingSignalled;
    }

    private TState InitialState(int firstRunning)
    {
        TState state = default;
        for (int index = 0; index < _vcpus; index++)
        {
            int cpuIndex = index - firstRunning;
            bool isRunning = cpuIndex >= 0 && cpuIndex < _hostCpus;
            Store(ref state, index, new Vcpu
            {
                TimerEnabled = true,
                Enabled = true,
                DistributorEnabled = true,
                PriorityOpen = true,
                Place = isRunning ? Place.Guest : Place.UserRun,
                HasKernelController =
                    _options.LastMachineHasKernelController && _options.MachineOf(index) == _options.Machines - 1,
            });
            if (isRunning)
            {
                Store(ref state, cpuIndex, new HostCpu { Current = index });
            }
        }

        return state;
    }

    private bool Allows(Repertoire what) => (_repertoire & what) != 0;

    /// <summary>Adds a step of a vCPU's that leaves all CPUs alone.</summary>
    private static void Add(
        in Turn turn, in Vcpu next, RoutingAction action, RoutingLabels labels, ref StepList<TState> steps, uint violations = 0)
    {
        TState state = turn.State;
        Finish(turn, next, action, labels, violations, ref state, ref steps);
    }

    /// <summary>Adds a step of a vCPU's that changes a CPU, too.</summary>
    private static void Add(
        in Turn turn, in Vcpu next, int cpuIndex, in HostCpu cpu, RoutingAction action, RoutingLabels labels,
        ref StepList<TState> steps, uint violations = 0)
    {
        TState state = turn.State;
        Store(ref state, cpuIndex, cpu);
        Finish(turn, next, action, labels, violations, ref state, ref steps);
    }

    /// <summary>What every step has in common: the memory of the properties, and the checks that compare before and after.</summary>
    private static void Finish(
        in Turn turn, Vcpu next, RoutingAction action, RoutingLabels labels, uint violations, ref TState state,
        ref StepList<TState> steps)
    {
        ref readonly Vcpu before = ref turn.Vcpu;
        bool lineChanges = next.Line != before.Line || next.PhysicalLine != before.PhysicalLine;
        labels |= lineChanges ? RoutingLabels.LineChanges : 0;
        if (next.Input != before.Input && next.Input != next.Line && !before.InputMayChange && !before.HasKernelController)
        {
            violations |= RoutingProperties.S2;
        }

        // A bit remembers only what some property still asks for, or equal states would be told apart.
        next.InputMayChange = !next.HasKernelController && (next.Line != next.Input
            || (before.InputMayChange && next.Input == before.Input));
        next.ForcedExitAllowed = (labels & RoutingLabels.ForcesExit) == 0
            && (before.ForcedExitAllowed || lineChanges || (labels & RoutingLabels.WritesWord) != 0);
        next.MustFireAgain &= next.Line;
        if ((labels & (RoutingLabels.Executes | RoutingLabels.MovesCount)) == 0)
        {
            bool isRewritten = next.TimerEnabled != before.TimerEnabled || next.TimerMasked != before.TimerMasked
                || next.Expired != before.Expired;
            violations |= isRewritten ? RoutingProperties.S5 : 0;
            violations |= before.Expired && !next.Expired ? RoutingProperties.S6 : 0;
        }

        Store(ref state, turn.Index, next);
        steps.Add(
            RoutingDescription.ActionIndex(action, turn.Index), state, RoutingProperties.Shift(labels, turn.Index), violations);
    }

    /// <summary>One vCPU of a state, whose steps are being listed.</summary>
    private readonly struct Turn(TState state, int index, Vcpu vcpu)
    {
        public readonly TState State = state;
        public readonly int Index = index;
        public readonly Vcpu Vcpu = vcpu;
    }
}
