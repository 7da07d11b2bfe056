using System.Collections.Immutable;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Generation;

/// <summary>Writes one random program; what differs between the GICs is in the two classes derived from it.</summary>
internal abstract class ProgramWriter(MachineShape shape, PoolInterrupt[] pool, ProgramRandom random)
{
    private const uint EdgeBit = 2;
    private const int MigrationOdds = 15;

    // KVM's SPIs are edge-triggered after reset.
    private const uint ConfigurationAfterReset = 0xAAAA_AAAA;
    private readonly ImmutableArray<Operation>.Builder _operations = ImmutableArray.CreateBuilder<Operation>();

    /// <summary>Slots of interrupts acknowledged and not yet ended, by vCPU: ended last in, first out.</summary>
    private readonly Stack<int>[] _acknowledged = [.. Enumerable.Range(0, shape.Vcpus).Select(_ => new Stack<int>())];

    /// <summary>Slots of interrupts ended and not yet deactivated, by vCPU.</summary>
    private readonly Stack<int>[] _ended = [.. Enumerable.Range(0, shape.Vcpus).Select(_ => new Stack<int>())];

    /// <summary>Through which of the two acknowledge registers a slot was filled.</summary>
    private readonly bool[,] _alternate = new bool[shape.Vcpus, Operation.SlotCount];

    /// <summary>The words of GICD_ICFGR written so far.</summary>
    private readonly Dictionary<uint, uint> _configuration = [];

    private protected MachineShape Shape => shape;

    private protected PoolInterrupt[] Pool => pool;

    private protected ProgramRandom Random => random;

    /// <summary>How often the VMM takes a step: in one program of three as often as the guests, else rarely or never.</summary>
    private readonly int _hostOdds = random.Below(3) switch { 0 => 2, 1 => 12, _ => 0 };

    /// <summary>How often a guest reads somewhere at random: in one program of four one step in three.</summary>
    private readonly int _strayOdds = random.OnceIn(4) ? 3 : 0;

    /// <summary>Whether the machine is saved and restored on the way: one program in six.</summary>
    private readonly bool _migrates = random.OnceIn(6);

    /// <summary>Whether this program deactivates apart from ending (EOImode 1), chosen once.</summary>
    private protected bool SplitEoi { get; } = random.OnceIn(4);

    /// <summary>Setup, <paramref name="steps"/> random steps, and the look at everything.</summary>
    public ImmutableArray<Operation> Write(int steps)
    {
        SetUp();
        for (int i = 0; i < steps; i++)
        {
            Step();
        }

        LookAtEverything();
        return _operations.ToImmutable();
    }

    private protected abstract void SetUp();

    /// <summary>Sends an SPI to some vCPU.</summary>
    private protected abstract void Aim(int vcpu, PoolInterrupt interrupt);

    /// <summary>What puts an interrupt, written to its group register, into the group that it is not in after reset.</summary>
    private protected abstract uint OtherGroup(PoolInterrupt interrupt);

    /// <summary>A step that only one of the GICs has: its CPU interface, its SGIs, its routing.</summary>
    private protected abstract void SpecificStep(int vcpu);

    private protected abstract void LookAtCpuInterface(int vcpu);

    /// <summary>The VMM gets, sets or asks for an attribute.</summary>
    private protected abstract void HostStep();

    /// <summary>A guest reads, or writes what is read-only, anywhere in the frames that KVM emulates.</summary>
    private protected abstract void Stray(int vcpu);

    /// <summary>Gives every interrupt of the pool a trigger, a priority, a target, maybe the other group; enables most.</summary>
    private protected void SetUpPool(bool bothGroups)
    {
        foreach (PoolInterrupt interrupt in pool)
        {
            int owners = interrupt.IsPrivate ? shape.Vcpus : 1;
            for (int vcpu = 0; vcpu < owners; vcpu++)
            {
                SetTrigger(vcpu, interrupt, enabledBefore: false);
                SetPriority(vcpu, interrupt);
                if (!interrupt.IsPrivate)
                {
                    Aim(vcpu, interrupt);
                }

                if (bothGroups && random.Coin())
                {
                    WriteBits(vcpu, GicOffsets.Group, interrupt, OtherGroup(interrupt));
                }

                if (!interrupt.IsSgi && !random.OnceIn(5))
                {
                    WriteBits(vcpu, GicOffsets.SetEnable, interrupt, interrupt.Bit);
                }
            }
        }
    }

    /// <summary>The VMM accesses what both distributors have: 0 control, 1 identification, else priorities.</summary>
    private protected void HostDistributor(int what, Func<uint, VgicAttribute> at, PoolInterrupt interrupt)
    {
        switch (what)
        {
            case 0:
                Access(at(GicOffsets.Control), (ulong)random.Below(4));
                break;
            case 1:
                Access(at(GicOffsets.ImplementerId), 0x4B00_043B | (uint)random.Below(8) << 12);
                break;
            default:
                Add(Operation.GetAttribute(VgicGroup.Distributor, at(GicOffsets.Priority + (interrupt.Intid & ~3u)).Attr, 4));
                break;
        }
    }

    /// <summary>One of the pool's SGIs, if it has one.</summary>
    private protected bool TryAnySgi(out PoolInterrupt sgi)
    {
        PoolInterrupt[] sgis = [.. pool.Where(interrupt => interrupt.IsSgi)];
        sgi = sgis.Length == 0 ? default : sgis[random.Below(sgis.Length)];
        return sgis.Length != 0;
    }

    private protected void Add(Operation op) => _operations.Add(op);

    private protected int AnyVcpu() => random.Below(shape.Vcpus);

    private protected PoolInterrupt AnyInterrupt() => pool[random.Below(pool.Length)];

    /// <summary>A write of a register with one bit for each interrupt, for some interrupts of the pool.</summary>
    private protected void WriteBits(int vcpu, uint register, PoolInterrupt interrupt, uint bits) =>
        Add(WordOperation(vcpu, register, interrupt.Intid / 32 * 4, interrupt.IsPrivate, bits));

    /// <summary>A read or write (<paramref name="value"/> not null) of the word that a private or shared interrupt has there.</summary>
    private protected Operation WordOperation(int vcpu, uint register, uint offset, bool isPrivate, uint? value, int width = 4)
    {
        bool inRedistributor = isPrivate && shape.Gic == VgicKind.GicV3;
        GicFrame frame = inRedistributor ? GicFrame.RedistributorSgi : GicFrame.Distributor;
        uint where = register + offset;
        return value is { } written
            ? Operation.Write(vcpu, frame, where, width, written, inRedistributor ? vcpu : 0)
            : Operation.Read(vcpu, frame, where, width, inRedistributor ? vcpu : 0);
    }

    private protected void SetPriority(int vcpu, PoolInterrupt interrupt) => Add(WordOperation(
        vcpu, GicOffsets.Priority, interrupt.Intid, interrupt.IsPrivate, interrupt.Priority(random), width: 1));

    /// <summary>Makes an SPI edge- or level-sensitive while it is disabled, as the architecture demands.</summary>
    private protected void SetTrigger(int vcpu, PoolInterrupt interrupt, bool enabledBefore)
    {
        if (interrupt.IsPrivate)
        {
            return;
        }

        if (enabledBefore)
        {
            WriteBits(vcpu, GicOffsets.ClearEnable, interrupt, interrupt.Bit);
        }

        // The other fifteen interrupts of the register keep what they have.
        uint word = interrupt.Intid / 16;
        uint edge = EdgeBit << (int)(interrupt.Intid % 16 * 2);
        uint before = _configuration.GetValueOrDefault(word, ConfigurationAfterReset);
        _configuration[word] = random.Coin() ? before | edge : before & ~edge;
        Add(WordOperation(vcpu, GicOffsets.Configuration, word * 4, false, _configuration[word]));
        if (enabledBefore)
        {
            WriteBits(vcpu, GicOffsets.SetEnable, interrupt, interrupt.Bit);
        }
    }

    private void Step()
    {
        int vcpu = AnyVcpu();
        if (_migrates && random.OnceIn(MigrationOdds))
        {
            Add(Operation.Migrate());
            return;
        }

        if (_hostOdds != 0 && random.OnceIn(_hostOdds))
        {
            HostStep();
            return;
        }

        if (_strayOdds != 0 && random.OnceIn(_strayOdds))
        {
            Stray(vcpu);
            return;
        }

        PoolInterrupt interrupt = AnyInterrupt();
        switch (random.Below(16))
        {
            case 0 or 1 or 2:
                DriveLine(interrupt);
                break;
            case 3:
                WriteBits(vcpu, random.OnceIn(3) ? GicOffsets.ClearPending : GicOffsets.SetPending, interrupt, SomeBits(interrupt));
                break;
            case 4:
                WriteBits(vcpu, random.Coin() ? GicOffsets.ClearEnable : GicOffsets.SetEnable, interrupt, SomeBits(interrupt));
                break;
            case 5 when random.OnceIn(3):
                WriteBits(vcpu, random.Coin() ? GicOffsets.ClearActive : GicOffsets.SetActive, interrupt, interrupt.Bit);
                break;
            case 6 when random.OnceIn(2):
                SetPriority(vcpu, interrupt);
                break;
            case 6:
                SetTrigger(vcpu, interrupt, enabledBefore: true);
                break;
            case 7 or 8:
                Acknowledge(vcpu);
                break;
            case 9 or 10:
                End(vcpu);
                break;
            case 11:
                Add(Operation.TakeInterrupts(vcpu, random.Between(1, 4), SplitEoi));
                break;
            case 12:
                Look(vcpu, interrupt);
                break;
            default:
                SpecificStep(vcpu);
                break;
        }
    }

    /// <summary>
    /// A place in a frame, and a width that the register there may not allow. Aligned: to a guest without MMU all memory is
    /// Device, and a misaligned access never gets as far as the controller.
    /// </summary>
    private protected (uint Offset, int Width) StrayPlace(uint frameSize)
    {
        ReadOnlySpan<int> widths = [4, 4, 4, 1, 2, 8];
        int width = random.Pick(widths);
        return ((uint)random.Below((int)frameSize) & ~(uint)(width - 1), width);
    }

    /// <summary>Sets, gets or asks for an attribute.</summary>
    private protected void Access(VgicAttribute attribute, ulong value)
    {
        int width = attribute.Group.DataBytes();
        Add(random.Below(5) switch
        {
            0 => Operation.HasAttribute(attribute.Group, attribute.Attr),
            1 or 2 => Operation.GetAttribute(attribute.Group, attribute.Attr, width),
            _ => Operation.SetAttribute(attribute.Group, attribute.Attr, width, value),
        });
    }

    /// <summary>A register with one bit for each interrupt, and bits of the pool for it.</summary>
    private protected (uint Offset, uint Bits, PoolInterrupt Interrupt) AnyBitRegister()
    {
        ReadOnlySpan<uint> registers =
        [
            GicOffsets.Group, GicOffsets.SetEnable, GicOffsets.ClearEnable, GicOffsets.SetPending, GicOffsets.ClearPending,
            GicOffsets.SetActive, GicOffsets.ClearActive,
        ];
        PoolInterrupt interrupt = AnyInterrupt();
        return (random.Pick(registers) + interrupt.Intid / 32 * 4, SomeBits(interrupt), interrupt);
    }

    private uint SomeBits(PoolInterrupt interrupt)
    {
        uint bits = interrupt.Bit;
        foreach (PoolInterrupt other in pool)
        {
            if (other.Intid / 32 == interrupt.Intid / 32 && random.OnceIn(4))
            {
                bits |= other.Bit;
            }
        }

        return bits;
    }

    private void DriveLine(PoolInterrupt interrupt)
    {
        if (interrupt.IsSgi)
        {
            return;
        }

        bool level = random.Below(5) < 3;
        Add(Operation.SetLine(interrupt.Intid, level, interrupt.IsPrivate ? AnyVcpu() : 0));
    }

    private void Acknowledge(int vcpu)
    {
        // A slot holds an interrupt until it is deactivated; with all in use, nothing more is acknowledged.
        int used = _acknowledged[vcpu].Count + _ended[vcpu].Count;
        if (used == Operation.SlotCount)
        {
            return;
        }

        int slot = Enumerable.Range(0, Operation.SlotCount)
            .First(s => !_acknowledged[vcpu].Contains(s) && !_ended[vcpu].Contains(s));
        bool alternate = shape.Gic == VgicKind.GicV3 && random.OnceIn(6);
        _alternate[vcpu, slot] = alternate;
        Add(Operation.Acknowledge(vcpu, slot, alternate));
        _acknowledged[vcpu].Push(slot);
    }

    private void End(int vcpu)
    {
        if (_ended[vcpu].Count > 0 && random.Coin())
        {
            Add(Operation.Deactivate(vcpu, _ended[vcpu].Pop()));
        }
        else if (_acknowledged[vcpu].Count > 0)
        {
            int slot = _acknowledged[vcpu].Pop();
            Add(Operation.EndOfInterrupt(vcpu, slot, _alternate[vcpu, slot]));
            if (SplitEoi)
            {
                _ended[vcpu].Push(slot);
            }
        }
    }

    private void Look(int vcpu, PoolInterrupt interrupt)
    {
        ReadOnlySpan<uint> registers =
        [
            GicOffsets.SetPending, GicOffsets.SetActive, GicOffsets.SetEnable, GicOffsets.ClearPending, GicOffsets.ClearActive,
        ];
        Add(WordOperation(vcpu, random.Pick(registers), interrupt.Intid / 32 * 4, interrupt.IsPrivate, value: null));
    }

    private void LookAtEverything()
    {
        ReadOnlySpan<uint> registers = [GicOffsets.SetPending, GicOffsets.SetActive, GicOffsets.SetEnable];
        for (int vcpu = 0; vcpu < shape.Vcpus; vcpu++)
        {
            LookAtCpuInterface(vcpu);
            foreach (uint register in registers)
            {
                Add(WordOperation(vcpu, register, 0, isPrivate: true, value: null));
            }
        }

        for (uint word = 1; word < shape.InterruptCount / 32; word++)
        {
            foreach (uint register in registers)
            {
                Add(WordOperation(0, register, word * 4, isPrivate: false, value: null));
            }
        }
    }
}
