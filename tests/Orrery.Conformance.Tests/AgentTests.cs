using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Gic.Kvm;
using Xunit;

namespace Orrery.Conformance.Tests;

[Collection(LiveCollection.Name)]
public sealed class AgentTests(LiveHosts hosts)
{
    private const int BadDescriptor = -9;
    private const int AlreadyExists = -17;
    private const int InvalidArgument = -22;

    [Theory]
    [InlineData(VgicKind.GicV2)]
    [InlineData(VgicKind.GicV3)]
    public void The_machine_boots_a_kernel_with_kvm(VgicKind gic)
    {
        EmulatedHost host = hosts.For(gic);
        var batch = new AgentBatch();
        int userIrq = batch.Extension(144);

        AgentAnswer[] answers = Execute(host, batch);

        Assert.StartsWith("6.", host.KernelRelease);
        Assert.Equal((0, 1UL), (answers[userIrq].Status, answers[userIrq].Value));
    }

    [Fact]
    public void Commands_on_what_does_not_exist_are_answered_with_errors()
    {
        var batch = new AgentBatch();
        int noMachine = batch.Run(0, 0, 100);
        int noSlot = batch.OpenMachine(AgentProtocol.MachineSlots, 0x10000);
        int tooMuchRam = batch.OpenMachine(0, 64 << 20);
        int opened = batch.OpenMachine(0, 0x10000);
        int openedTwice = batch.OpenMachine(0, 0x10000);
        int noVcpu = batch.Run(0, 0, 100);
        int pastTheEnd = batch.ReadRam(0, 0xFFFF, 2);
        int closed = batch.CloseMachine(0);

        AgentAnswer[] answers = Execute(hosts.For(VgicKind.GicV3), batch);

        Assert.Equal(BadDescriptor, answers[noMachine].Status);
        Assert.Equal(BadDescriptor, answers[noSlot].Status);
        Assert.Equal(InvalidArgument, answers[tooMuchRam].Status);
        Assert.Equal(0, answers[opened].Status);
        Assert.Equal(AlreadyExists, answers[openedTwice].Status);
        Assert.Equal(BadDescriptor, answers[noVcpu].Status);
        Assert.Equal(InvalidArgument, answers[pastTheEnd].Status);
        Assert.Equal(0, answers[closed].Status);
    }

    private static AgentAnswer[] Execute(EmulatedHost host, AgentBatch batch)
    {
        bool executed = host.TryExecute(batch, out AgentAnswer[]? answers, out string problem);
        Assert.True(executed, problem);
        return answers!;
    }
}
