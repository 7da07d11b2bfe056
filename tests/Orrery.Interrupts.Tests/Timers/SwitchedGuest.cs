using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.V3;
using Orrery.Interrupts.State;
using Orrery.Interrupts.Timers;
using Orrery.Interrupts.Timers.Switching;
using Xunit;

namespace Orrery.Interrupts.Tests.Timers;

/// <summary>How a guest waits, and what its hypervisor does meanwhile.</summary>
public enum WaitMethod
{
    /// <summary>It reads the counter; nobody interferes.</summary>
    Poll,

    /// <summary>WFI: the vCPU is put, and loaded again when its timer is due.</summary>
    WaitForInterrupt,

    /// <summary>It exits again and again, and is entered again.</summary>
    Exits,

    /// <summary>At each exit it moves to the other CPU.</summary>
    Migrate,

    /// <summary>User space sleeps for it: the vCPU is put all the while.</summary>
    UserSleep,
}

/// <summary>
/// A guest under a hypervisor, with two physical CPUs whose timers interrupt through real GICv3 models, and another virtual
/// machine that is loaded whenever this one is not, with its own timer due all the time.
/// </summary>
internal sealed class SwitchedGuest : TimedGuest
{
    private const ulong ExitInterval = 100_000;

    private readonly GicV3 _gic = new(new GicV3Options { CpuCount = 2, IntidCount = 64 });
    private readonly TimerSwitch[] _switches;
    private readonly SwitchedVcpu _self;
    private readonly SwitchedVcpu _other;
    private readonly WaitMethod _wait;
    private int _cpu;
    private bool _inGuest;
    private bool _inHandler;

    public SwitchedGuest(WaitMethod wait, SwitchDesign design = SwitchDesign.ActiveBit, SwitchMutants mutants = SwitchMutants.None)
    {
        _wait = wait;
        _self = new SwitchedVcpu(Timers);
        _other = new SwitchedVcpu(new VcpuTimers(new VmCounter(), Rate));
        _other.Timers[TimerKind.Virtual] = new GenericTimer(TimerControl.Enable, 0);
        _gic.WriteRegister(0, GicFrame.Distributor, 0, 4, 2);
        _switches = [.. Enumerable.Range(0, 2).Select(cpu =>
        {
            // The host: EOImode 1, so that an end of interrupt drops the priority only.
            _gic.WriteSystemRegister(cpu, IccRegister.GroupEnable1, 1);
            _gic.WriteSystemRegister(cpu, IccRegister.PriorityMask, 0xFF);
            _gic.WriteSystemRegister(cpu, IccRegister.Control, 2);
            _gic.WriteRegister(cpu, GicFrame.RedistributorSgi, 0x100, 4, 1u << 27);
            return new TimerSwitch(_gic, InterruptRef.OnCpu(27, cpu), design, new SwitchRules(hardwareDeactivation: true, mutants));
        })];
        Load();
        Enter();
    }

    /// <summary>Exits that the physical timer interrupt forced.</summary>
    public int ForcedExits { get; private set; }

    public bool PhysicalActive(int cpu) => _gic.GetState(InterruptRef.OnCpu(27, cpu), ChipState.Active).Value!.Value;

    private TimerSwitch Here => _switches[_cpu];

    public override void SetCounter(ulong value)
    {
        Exit();
        Put();
        base.SetCounter(value);
        Load();
        Enter();
        Settle();
    }

    /// <summary>The guest enables or disables PPI 27 in its virtual GIC.</summary>
    public void SetPpi(bool enabled)
    {
        Exit();
        Expect(Here.SetEnabled(enabled, PhysicalCount));
        TakeHostInterrupts();
        Enter();
        Settle();
    }

    public override void Wait(ulong milliseconds)
    {
        ulong end = Now + milliseconds * 1_000_000;
        while (Now < end)
        {
            switch (_wait)
            {
                case WaitMethod.Poll:
                    Pass(end - Now);
                    break;
                case WaitMethod.WaitForInterrupt:
                    SwitchAway(Math.Min(end, NextChange(TimerKind.Virtual) ?? end), migrate: false);
                    break;
                case WaitMethod.UserSleep:
                    SwitchAway(end, migrate: false);
                    break;
                case WaitMethod.Exits:
                    SwitchAway(Math.Min(end, Now + ExitInterval), migrate: false);
                    break;
                default:
                    SwitchAway(Math.Min(end, Now + ExitInterval), migrate: true);
                    break;
            }
        }

        Settle();
    }

    protected override void Settle()
    {
        if (!_inGuest)
        {
            return;
        }

        DriveLine();
        if (_gic.Signalled(_cpu) != CpuSignals.None)
        {
            ForcedExits++;
            Assert.True(ForcedExits < 1000, "exit storm");
            Exit();
            TakeHostInterrupts();
            Enter();
        }

        while (InterruptsOn && !_inHandler && Here.TryAcknowledge())
        {
            _inHandler = true;
            Handle();
            _inHandler = false;
            Expect(Here.Deactivate());
            DriveLine();
            if (_gic.Signalled(_cpu) != CpuSignals.None)
            {
                Settle();
                return;
            }
        }
    }

    /// <summary>The other machine runs here until a time; then this one comes back, here or on the other CPU.</summary>
    private void SwitchAway(ulong until, bool migrate)
    {
        Settle();
        Exit();
        Put();
        Expect(Here.Load(_other, PhysicalCount));
        DriveLine();
        TakeHostInterrupts();
        Here.Put();
        DriveLine();
        Now = Math.Max(until, Now + 1);
        _cpu = migrate ? 1 - _cpu : _cpu;
        Load();
        TakeHostInterrupts();
        Enter();
        Settle();
    }

    private void TakeHostInterrupts()
    {
        while (_gic.Signalled(_cpu) != CpuSignals.None)
        {
            ulong intid = _gic.ReadSystemRegister(_cpu, IccRegister.Acknowledge1).Value;
            _gic.WriteSystemRegister(_cpu, IccRegister.EndOfInterrupt1, intid);
            Expect(Here.Interrupt(PhysicalCount));
            DriveLine();
        }
    }

    private void DriveLine() => Assert.Equal(LineError.None, _gic.SetLine(27, _cpu, Here.Line(PhysicalCount)));

    private void Load()
    {
        Expect(Here.Load(_self, PhysicalCount));
        DriveLine();
    }

    private void Put()
    {
        Here.Put();
        DriveLine();
    }

    private void Enter()
    {
        Expect(Here.Enter());
        _inGuest = true;
    }

    private void Exit()
    {
        _inGuest = false;
        Expect(Here.Exit(PhysicalCount));
    }

    private static void Expect(ChipError error) => Assert.Equal(ChipError.None, error);
}
