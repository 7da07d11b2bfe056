using System.Collections.Immutable;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Programs;

/// <summary>The machine that a program runs on.</summary>
/// <param name="Gic">Its interrupt controller.</param>
/// <param name="Vcpus">vCPUs, 1 to <see cref="VcpuLimit"/>.</param>
/// <param name="InterruptCount">INTIDs, private ones included: 64 to 1024 in steps of 32.</param>
public sealed record MachineShape(VgicKind Gic, int Vcpus, int InterruptCount)
{
    /// <summary>The most vCPUs of a program.</summary>
    public const int VcpuLimit = 4;
}

/// <summary>
/// A program for one machine: operations of its vCPUs and of the VMM, executed one after the other (a vCPU runs only
/// while its operations do), so that what happens is determined by the program alone.
/// </summary>
public sealed record ConformanceProgram(MachineShape Shape, ImmutableArray<Operation> Operations)
{
    /// <summary>The most operations of a program: what fits the guest's memory.</summary>
    public const int OperationLimit = 256;

    /// <summary>Whether the vCPU of operation <paramref name="index"/> leaves its guest for the host after it.</summary>
    public bool EndsRun(int index) =>
        Operations[index].IsGuest
        && (index + 1 == Operations.Length || !Operations[index + 1].IsGuest || Operations[index + 1].Vcpu != Operations[index].Vcpu);

    /// <summary>The program without its machine: one operation on each line.</summary>
    public override string ToString() => string.Join('\n', Operations);
}
