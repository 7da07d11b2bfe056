using System.Runtime.CompilerServices;

namespace Orrery.Interrupts.Routing;

/// <summary>The packed state: words in and out, and exchanging the names of vCPUs or CPUs.</summary>
public readonly partial struct RoutingModel<TProtocol, TState>
{
    private static ulong Word(in TState state, int index) =>
        Unsafe.Add(ref Unsafe.As<TState, ulong>(ref Unsafe.AsRef(in state)), index);

    private static ref ulong WordRef(ref TState state, int index) =>
        ref Unsafe.Add(ref Unsafe.As<TState, ulong>(ref state), index);

    private static void Store(ref TState state, int index, in Vcpu vcpu)
    {
        ref ulong word = ref WordRef(ref state, index);
        word = (word & ~Vcpu.Mask) | vcpu.Bits;
    }

    private static void Store(ref TState state, int index, in HostCpu cpu)
    {
        ref ulong word = ref WordRef(ref state, index);
        word = (word & Vcpu.Mask) | cpu.Bits;
    }

    private int CpuRunning(in TState state, int vcpu)
    {
        int index = 0;
        while (index < _hostCpus - 1 && CpuOf(state, index).Current != vcpu)
        {
            index++;
        }

        return index;
    }

    private TState SwapVcpus(in TState state)
    {
        TState swapped = state;
        Store(ref swapped, 0, VcpuOf(state, 1));
        Store(ref swapped, 1, VcpuOf(state, 0));
        for (int index = 0; index < _hostCpus; index++)
        {
            HostCpu cpu = CpuOf(state, index);
            cpu.Current = Other(cpu.Current);
            cpu.CvalOwner = Other(cpu.CvalOwner);
            Store(ref swapped, index, cpu);
        }

        return swapped;

        static int Other(int vcpu) => vcpu == HostCpu.Nobody ? HostCpu.Nobody : 1 - vcpu;
    }

    private TState CpusInOrder(in TState state)
    {
        if (_hostCpus == 1 || CpuOf(state, 0).Bits <= CpuOf(state, 1).Bits)
        {
            return state;
        }

        TState swapped = state;
        Store(ref swapped, 0, CpuOf(state, 1));
        Store(ref swapped, 1, CpuOf(state, 0));
        return swapped;
    }

    private static TState Smaller(in TState a, in TState b)
    {
        for (int index = 0; index < Unsafe.SizeOf<TState>() / sizeof(ulong); index++)
        {
            ulong left = Word(a, index);
            ulong right = Word(b, index);
            if (left != right)
            {
                return left < right ? a : b;
            }
        }

        return a;
    }
}
