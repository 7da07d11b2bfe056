namespace Orrery.Interrupts.Routing;

/// <summary>
/// The kernel's half of timer routing, one method for each thing it does between KVM_RUN and its return; which half of the
/// decisions is whose, <typeparamref name="TProtocol"/> says. Steps are named as in arch/arm64/kvm/arch_timer.c.
/// </summary>
/// <typeparam name="TProtocol">The protocol.</typeparam>
/// <param name="options">The system; its broken rule may be the kernel's.</param>
public readonly struct KernelSide<TProtocol>(RoutingOptions options) where TProtocol : struct, IRoutingProtocol
{
    private readonly Rule _broken = options.Broken;
    private readonly bool _gatesByEnableBit = !options.HostHasActiveState || options.Broken == Rule.GateByActiveBit;
    private readonly bool _publishesPhysicalTimer =
        TProtocol.HasDeviceWord && (options.AnnouncesPhysicalTimer || options.Broken == Rule.PublishOnlyAnnounced);

    /// <summary>K1, first half: the vCPU gets a CPU, and the gate is set for the line it brings.</summary>
    public void Load(ref Vcpu vcpu, ref HostCpu cpu, int index)
    {
        cpu.Current = index;
        cpu.IsLate = false; // long retired: the way here takes the host many times as long
        bool line = Level(vcpu);
        vcpu.Cached = line;
        if (vcpu.HasKernelController)
        {
            vcpu.Input = line;
            cpu.Active = line || vcpu.Active;
        }
        else
        {
            SetGate(ref cpu, TProtocol.GateAtLoad(line, vcpu.Word));
        }

        vcpu.Place = Place.KernelRestore;
    }

    /// <summary>K1, second half: the timer's registers go into the hardware, CVAL before CTL.</summary>
    public void Restore(ref Vcpu vcpu, ref HostCpu cpu, int index)
    {
        if (_broken == Rule.CvalBeforeCtl)
        {
            if (vcpu.Place == Place.KernelRestore)
            {
                vcpu.Place = Place.KernelRestoreCval;
                return;
            }

            cpu.CvalOwner = index;
        }

        if (_broken == Rule.LeaveGuestMaskAlone && Level(vcpu))
        {
            vcpu.TimerMasked = true;
        }

        vcpu.Place = vcpu.Resumption switch
        {
            Resumption.Work => Place.KernelWork,
            _ => Place.KernelPublish,
        };
    }

    /// <summary>The host takes the timer's physical interrupt, which stays active: only its priority is dropped.</summary>
    /// <param name="vcpu">The vCPU that the CPU runs.</param>
    /// <param name="cpu">The CPU.</param>
    /// <param name="output">The output of the hardware's timer, or of the saved one once it is off.</param>
    public void TakeInterrupt(ref Vcpu vcpu, ref HostCpu cpu, bool output)
    {
        cpu.IsLate = false;
        if (vcpu.HasKernelController)
        {
            cpu.Active = true;
        }
        else
        {
            SetGate(ref cpu, true);
        }

        if (_broken == Rule.RereadTimer)
        {
            output = true;
            if (vcpu.Place == Place.KernelPut)
            {
                vcpu.TimerEnabled = false; // what the hardware's CTL reads by now is taken for the guest's
            }
        }

        if (output)
        {
            vcpu.Cached = true;
            vcpu.Input |= vcpu.HasKernelController;
        }
    }

    /// <summary>K4: whether user space must hear of a line first.</summary>
    public bool MustRefuse(in Vcpu vcpu) =>
        !vcpu.HasKernelController && _broken != Rule.CheckBeforeEntry
        && HasNews(vcpu);

    /// <summary>K4, refused: the vCPU returns to user space.</summary>
    public void Refuse(ref Vcpu vcpu, ref HostCpu cpu)
    {
        Sync(ref vcpu, ref cpu);
        vcpu.IsForced = true;
        vcpu.Place = Place.KernelPublish;
    }

    /// <summary>K4, granted: the guest runs.</summary>
    public void Enter(ref Vcpu vcpu, ref HostCpu cpu)
    {
        vcpu.Place = Place.Guest;
        if (vcpu.HasKernelController)
        {
            FlushListRegister(ref vcpu);
            return;
        }

        SetGate(ref cpu, TProtocol.GateAtEntry(cpu.IsGated, vcpu.Word));
        if (_broken == Rule.GateHighLine)
        {
            cpu.Active = false;
        }
    }

    /// <summary>K6: the guest was left, for <paramref name="access"/> or for the host.</summary>
    public void Leave(ref Vcpu vcpu, ref HostCpu cpu, GuestAccess access)
    {
        if (_broken == Rule.SyncBeforePublish)
        {
            vcpu.Word = TProtocol.Publish(vcpu.Cached, vcpu.Word, isForced: false);
        }

        Sync(ref vcpu, ref cpu);
        vcpu.Access = access;
        vcpu.Place = access == GuestAccess.None ? Place.KernelWork : Place.KernelPublish;
    }

    /// <summary>K6w: the guest waits for an interrupt; its timer leaves the hardware and a background timer stands in.</summary>
    public void Block(ref Vcpu vcpu, ref HostCpu cpu)
    {
        Sync(ref vcpu, ref cpu);
        cpu.Put(ref vcpu, Place.KernelBlocked);
    }

    /// <summary>Whether a vCPU that waits is to go on.</summary>
    public bool IsRunnable(in Vcpu vcpu)
    {
        if (vcpu.Pin)
        {
            return true;
        }

        if (_broken == Rule.WakeByTimer)
        {
            return false;
        }

        return vcpu.HasKernelController
            ? (vcpu.Line || vcpu.Input) && vcpu.Enabled && !vcpu.Active
            : HasNews(vcpu);
    }

    /// <summary>K7: the word is published, except at an immediate exit.</summary>
    public void Publish(ref Vcpu vcpu)
    {
        if (vcpu.HasKernelController || vcpu.Resumption == Resumption.ImmediateExit)
        {
            return;
        }

        bool level = _broken switch
        {
            Rule.SyncBeforePublish when !vcpu.IsForced => vcpu.Word.Level,
            Rule.RereadTimer => vcpu.Cached,
            _ => Level(vcpu),
        };
        vcpu.Word = TProtocol.Publish(level, vcpu.Word, vcpu.IsForced);
        vcpu.PhysicalWord = vcpu.PhysicalLine && _publishesPhysicalTimer;
    }

    /// <summary>A device's line is not what user space was told last.</summary>
    private bool HasNews(in Vcpu vcpu) =>
        TProtocol.MustExit(Level(vcpu), vcpu.Word)
        || (_publishesPhysicalTimer && vcpu.PhysicalLine != vcpu.PhysicalWord);

    /// <summary>The level that this kernel believes the timer's output to have.</summary>
    private bool Level(in Vcpu vcpu) =>
        _broken == Rule.OutputRespectsMask ? vcpu.TimerEnabled && vcpu.Expired : vcpu.Line;

    /// <summary>After the guest ran, interrupts off: what the line and the list register have become.</summary>
    private void Sync(ref Vcpu vcpu, ref HostCpu cpu)
    {
        bool line = Level(vcpu);
        if (vcpu.HasKernelController)
        {
            FoldListRegister(ref vcpu, ref cpu, line);
            return;
        }

        if (!line)
        {
            vcpu.Cached = false;
            if (TProtocol.OpensGateWhenLow)
            {
                SetGate(ref cpu, false);
            }
        }
    }

    private void SetGate(ref HostCpu cpu, bool closed)
    {
        if (!closed && _broken == Rule.OpenGate)
        {
            return;
        }

        if (_gatesByEnableBit)
        {
            cpu.Disabled = closed;
        }
        else
        {
            cpu.Active = closed;
        }
    }

    /// <summary>A pending interrupt goes into the list register, with its hardware bit; never while it is active (SW4).</summary>
    private static void FlushListRegister(ref Vcpu vcpu)
    {
        if (vcpu.Input && vcpu.Enabled && !vcpu.Active)
        {
            vcpu.Pin = true;
            vcpu.Input = false;
        }
    }

    /// <summary>
    /// A list register still pending, or emptied while the software level was high: the line is sampled again, and if it is
    /// low the physical interrupt is deactivated (SW5).
    /// </summary>
    private void FoldListRegister(ref Vcpu vcpu, ref HostCpu cpu, bool line)
    {
        bool mustSample = vcpu.Pin || (!vcpu.Active && vcpu.Input);
        if (mustSample)
        {
            vcpu.Input = line;
            vcpu.Pin = false;
        }

        vcpu.Cached = line;
        bool keeps = vcpu.Active && _broken != Rule.KeepGateWhileInListRegister;
        if (!line && !keeps && (mustSample || _broken == Rule.KeepGateWhileInListRegister))
        {
            cpu.Active = false;
        }
    }
}
