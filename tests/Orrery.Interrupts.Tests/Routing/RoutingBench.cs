using Orrery.Interrupts.Exploration;
using Orrery.Interrupts.Routing;
using Xunit;

namespace Orrery.Interrupts.Tests.Routing;

/// <summary>
/// Takes a routing model through one run, step by step: the same steps that the explorer takes in all orders. A step that is
/// not possible, and a step that violates a safety property, fails the test.
/// </summary>
internal sealed class RoutingBench<TProtocol> where TProtocol : struct, IRoutingProtocol
{
    private const int StepsMax = 100;

    // What a vCPU that nothing disturbs does on its way to the guest, first to last choice.
    private static readonly RoutingAction[] Homewards =
    [
        RoutingAction.ReadWord, RoutingAction.ServeAccess, RoutingAction.Run, RoutingAction.Wake, RoutingAction.Load,
        RoutingAction.Restore, RoutingAction.TakeInterrupt, RoutingAction.Refuse, RoutingAction.Enter, RoutingAction.Return,
        RoutingAction.FinishReturn,
    ];

    private readonly RoutingModel<TProtocol, UInt128> _model;
    private readonly Step<UInt128>[] _storage;
    private UInt128 _state;

    public RoutingBench(RoutingOptions? options = null)
    {
        _model = new RoutingModel<TProtocol, UInt128>(options ?? new RoutingOptions { Repertoire = (Repertoire)(-1) });
        _storage = new Step<UInt128>[_model.MaxSuccessors];
        _state = _model.InitialStates[0];
    }

    /// <summary>Forced exits so far, of all vCPUs.</summary>
    public int ForcedExits { get; private set; }

    /// <summary>Returns of KVM_RUN so far.</summary>
    public int Returns { get; private set; }

    public Vcpu Vcpu(int index = 0) => RoutingModel<TProtocol, UInt128>.VcpuOf(_state, index);

    public HostCpu Cpu(int index = 0) => RoutingModel<TProtocol, UInt128>.CpuOf(_state, index);

    public bool CanDo(RoutingAction action, int vcpu = 0) => Find(action, vcpu).Count > 0;

    /// <summary>Takes these steps, one after the other.</summary>
    public RoutingBench<TProtocol> Do(params RoutingAction[] actions)
    {
        foreach (RoutingAction action in actions)
        {
            DoAs(0, action);
        }

        return this;
    }

    /// <summary>Takes a step of another vCPU; where several CPUs are free, on the CPU given.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="action">The step.</param>
    /// <param name="onCpu">The CPU, for a step that gets one.</param>
    /// <param name="despite">A property that the step may violate, since a <see cref="Change"/> went before.</param>
    public RoutingBench<TProtocol> DoAs(int vcpu, RoutingAction action, int? onCpu = null, string? despite = null)
    {
        List<Step<UInt128>> steps = Find(action, vcpu);
        Assert.True(steps.Count > 0, $"{action} is not possible at {Vcpu(vcpu).Place}; possible: {string.Join(", ", Possible())}");
        Step<UInt128> step = onCpu is { } cpu
            ? steps.Single(s => RoutingModel<TProtocol, UInt128>.CpuOf(s.Next, cpu).Current == vcpu)
            : steps[0];
        uint violations = step.Violations | _model.Violations(step.Next);
        string[] violated = [.. Names(violations).Where(name => name != despite)];
        Assert.True(violated.Length == 0, $"{action} violates {string.Join(", ", violated)}");
        ForcedExits += action == RoutingAction.Refuse ? 1 : 0;
        Returns += action == RoutingAction.Return ? 1 : 0;
        _state = step.Next;
        return this;
    }

    /// <summary>Lets a vCPU go on undisturbed until it is in its guest.</summary>
    public RoutingBench<TProtocol> ToGuest(int vcpu = 0)
    {
        for (int step = 0; Vcpu(vcpu).Place != Place.Guest; step++)
        {
            Assert.True(step < StepsMax, "the guest is never entered");
            DoAs(vcpu, Homewards.First(action => CanDo(action, vcpu)));
        }

        return this;
    }

    /// <summary>Lets a vCPU go on undisturbed until user space is about to run it.</summary>
    public RoutingBench<TProtocol> ToUser(int vcpu = 0)
    {
        for (int step = 0; Vcpu(vcpu).Place != Place.UserRun; step++)
        {
            Assert.True(step < StepsMax, "user space is never reached");
            DoAs(vcpu, Homewards.First(action => CanDo(action, vcpu)));
        }

        return this;
    }

    /// <summary>The timer fires in the guest, user space hears of it, and the guest reads IAR.</summary>
    public RoutingBench<TProtocol> FireAndAcknowledge() =>
        Do(RoutingAction.Expire, RoutingAction.Interrupt).ToGuest().Do(RoutingAction.TakeIrq, RoutingAction.ReadIar).ToGuest();

    /// <summary>Changes a vCPU as no step of the model does: as a tester can, or another thread of its machine.</summary>
    public RoutingBench<TProtocol> Change(VcpuChange change, int index = 0)
    {
        Vcpu vcpu = Vcpu(index);
        change(ref vcpu);
        vcpu.ForcedExitAllowed = true;
        vcpu.InputMayChange |= vcpu.Line != vcpu.Input;
        int shift = 64 * index;
        UInt128 mask = (UInt128)Interrupts.Routing.Vcpu.Mask << shift;
        _state = (_state & ~mask) | ((UInt128)vcpu.Bits << shift);
        return this;
    }

    public delegate void VcpuChange(ref Vcpu vcpu);

    private List<Step<UInt128>> Find(RoutingAction action, int vcpu)
    {
        int index = RoutingDescription.ActionIndex(action, vcpu);
        return [.. AllSteps().Where(step => step.Action == index)];
    }

    private Step<UInt128>[] AllSteps()
    {
        var steps = new StepList<UInt128>(_storage);
        _model.AddSuccessors(_state, ref steps);
        return steps.Steps.ToArray();
    }

    private IEnumerable<string> Possible() => AllSteps().Select(step => _model.Description.Actions[step.Action].ToString());

    private IEnumerable<string> Names(uint violations) =>
        _model.Description.Safety.Where((_, i) => (violations >> i & 1) != 0).Select(property => property.Id);
}
