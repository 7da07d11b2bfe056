using Orrery.Interrupts.Routing;
using Orrery.Interrupts.Routing.Protocols;
using Xunit;
using static Orrery.Interrupts.Routing.RoutingAction;

namespace Orrery.Interrupts.Tests.Routing;

/// <summary>The catalogue's scenarios of several vCPUs, machines or CPUs under KVM_CAP_ARM_USER_IRQ.</summary>
public class SharedHostScenarioTests
{
    private const int A = 0;
    private const int B = 1;

    [Fact]
    [Scenario("R34")]
    public void Only_the_vCPU_whose_timer_fires_is_told()
    {
        var bench = new RoutingBench<UserIrq>(new RoutingOptions { VcpusPerMachine = 2, HostCpus = 2 });
        bench.DoAs(B, Expire).DoAs(B, Interrupt).ToGuest(B);
        Assert.True(bench.Vcpu(B) is { Word.Level: true, Pin: true });
        Assert.True(bench.Vcpu(A) is { Word.Level: false, Pin: false, Place: Place.Guest });
    }

    [Fact]
    [Scenario("R35")]
    public void A_vCPU_that_moves_takes_its_gate_along_and_is_not_told_twice()
    {
        var bench = new RoutingBench<UserIrq>(new RoutingOptions { HostCpus = 2, Repertoire = Repertoire.All });
        bench.Do(MaskIrqs, Expire, Interrupt).ToGuest();
        int exits = bench.ForcedExits;
        bench.Do(Tick, Preempt);
        Assert.False(bench.Cpu(1).Active);
        bench.DoAs(A, Load, onCpu: 1).Do(Restore, Enter);
        Assert.True(bench.Cpu(1).Active);
        Assert.Equal(exits, bench.ForcedExits);
    }

    [Fact]
    [Scenario("R36")]
    public void Two_machines_on_a_CPU_have_each_their_gate()
    {
        var bench = new RoutingBench<UserIrq>(RoutingOptions.For(machines: 2) with { Repertoire = Repertoire.All });
        bench.Do(MaskIrqs, Expire, Interrupt).ToGuest();
        bench.DoAs(B, Run).Do(Tick, Preempt);
        bench.DoAs(B, Load).DoAs(B, Restore).DoAs(B, Enter);
        Assert.False(bench.Cpu().Active); // A's gate is not B's
        Vcpu sleeping = bench.Vcpu(A);
        bench.DoAs(B, Expire).DoAs(B, Interrupt).DoAs(B, Refuse).DoAs(B, Return);
        Assert.True(bench.Vcpu(B).Word.Level);
        Assert.Equal(sleeping.Bits, bench.Vcpu(A).Bits);
        bench.Do(Load, Restore, Enter);
        Assert.True(bench.Cpu().Active);
        Assert.Equal(2, bench.ForcedExits);
    }

    [Fact]
    public void A_late_interrupt_finds_no_vCPU_and_does_no_harm()
    {
        var bench = new RoutingBench<UserIrq>();
        bench.Do(Tick, SeeSignal, Expire, Return, FinishReturn);
        Assert.True(bench.Cpu() is { IsLate: true, Current: HostCpu.Nobody });
        bench.Do(LateInterrupt);
        Assert.True(bench.Cpu().Active);
        bench.ToGuest().Do(TakeIrq);
        Assert.True(bench.Vcpu().Input);
    }

    [Fact]
    public void The_other_vCPUs_of_a_machine_are_signalled_when_one_enables_the_distributor()
    {
        var bench = new RoutingBench<UserIrq>(
            new RoutingOptions { VcpusPerMachine = 2, HostCpus = 2, Repertoire = Repertoire.Distributor });
        bench.Do(DisableDistributor).ToGuest();
        bench.DoAs(B, Expire).DoAs(B, Interrupt).ToGuest(B);
        Assert.False(bench.Vcpu(B).Pin);
        bench.Do(EnableDistributor, Return, ReadWord, ServeAccess);
        Assert.True(bench.Vcpu(B) is { Pin: true, DistributorEnabled: true, Place: Place.KernelWork });
        bench.DoAs(B, Enter).DoAs(B, TakeIrq);
    }
}
