using System.Text.Json;
using Orrery.Interrupts.Gic;
using Orrery.Interrupts.Gic.Snapshots;
using Orrery.Simulation;

namespace Orrery.Machines.Interrupts;

/// <summary>
/// From a machine's lines through its chip to the handlers. The chip keeps what is pending; the path adds the CPU's mask
/// and the latency between an interrupt that is pending and its handler, and checks that no handler ever runs outside its
/// machine's turn or at another time than its event.
/// </summary>
public sealed class InterruptPath
{
    private readonly GicCpu _cpu;
    private readonly SimDuration _latency;
    private readonly List<InterruptLine> _lines = [];
    private readonly TakeEvent _take;
    private bool _isTaking;

    internal InterruptPath(Machine machine, MachineChip chip, SimDuration latency)
    {
        Machine = machine;
        _cpu = new GicCpu(chip);
        _latency = latency;
        _take = new TakeEvent(this);
    }

    /// <summary>The machine.</summary>
    public Machine Machine { get; }

    /// <summary>The chip, for those who look at it.</summary>
    public GicController Chip => _cpu.Chip;

    /// <summary>The CPU takes no interrupts (the kernel's "interrupts off"); what comes stays pending at the chip.</summary>
    public bool IsMasked { get; private set; }

    /// <summary>All lines, in the order in which they were added.</summary>
    public IReadOnlyList<InterruptLine> Lines => _lines;

    /// <summary>Adds a line.</summary>
    /// <param name="name">The device, for messages.</param>
    /// <param name="handler">Runs in simulated time, in the machine's turn.</param>
    /// <param name="wakes">It wakes the machine from sleep.</param>
    public InterruptLine Add(string name, Action handler, bool wakes = false)
    {
        uint intid = Intid.PrivateCount + (uint)_lines.Count;
        if (intid >= (uint)Chip.IntidCount)
        {
            throw new InvalidOperationException($"{Machine.Name}: more than {_lines.Count} interrupt lines.");
        }

        var line = new InterruptLine(this, intid, name, wakes, handler);
        _cpu.Configure(intid, edge: true);
        _lines.Add(line);
        return line;
    }

    /// <summary>The CPU takes no interrupts from now on.</summary>
    public void Mask() => IsMasked = true;

    /// <summary>The CPU takes interrupts again; what is pending is handled at once.</summary>
    public void Unmask()
    {
        IsMasked = false;
        Take();
    }

    /// <summary>What is due when an interrupt with a latency may be handled.</summary>
    internal MachineEvent Latency => _take;

    internal InterruptsState Save() => new(
        IsMasked, [.. _lines.Select(line => line.Save())], JsonElement.Parse(GicSnapshotJson.Write(GicSnapshot.Of(Chip))));

    /// <summary>Takes the place of the path that was saved; the lines are there already.</summary>
    /// <returns>What is wrong with <paramref name="state"/>, which is not trusted; null when nothing is.</returns>
    internal string? Restore(InterruptsState state)
    {
        if (!state.Lines.Select(line => line.Name).SequenceEqual(_lines.Select(line => line.Name)))
        {
            return $"lines: not those of the machine, which are {string.Join(", ", _lines.Select(line => line.Name))}";
        }

        IsMasked = state.Masked;
        for (int i = 0; i < _lines.Count; i++)
        {
            _lines[i].Restore(state.Lines[i]);
        }

        return _cpu.Restore(state.Chip.GetRawText(), _lines.Count) is { } problem ? $"chip: {problem}" : null;
    }

    internal bool IsPending(InterruptLine line) => _cpu.IsPending(line.Intid);

    internal void Raise(InterruptLine line)
    {
        _cpu.Pulse(line.Intid);
        if (_latency == SimDuration.Zero)
        {
            Take();
        }
        else
        {
            Machine.ScheduleAt(Machine.Timeline.Now + _latency, _take);
        }
    }

    // An interrupt that comes while a handler runs (its device is kicked by it) waits for the handler's end.
    private void Take()
    {
        if (_isTaking || IsMasked)
        {
            return;
        }

        _isTaking = true;
        EnableUnripe(false);
        while (_cpu.IsSignalled && _cpu.TryAcknowledge(out uint intid))
        {
            InterruptLine line = _lines[(int)(intid - Intid.PrivateCount)];
            if (CheckTurn(line))
            {
                line.Handle();
            }

            _cpu.End(intid);
        }

        EnableUnripe(true);
        _isTaking = false;
    }

    /// <summary>Lines whose latency is not over are not signalled: one that is ripe must not take another with it.</summary>
    private void EnableUnripe(bool enabled)
    {
        if (_latency == SimDuration.Zero)
        {
            return;
        }

        foreach (InterruptLine line in _lines)
        {
            if (Machine.Timeline.Now < line.RaisedAt + _latency)
            {
                _cpu.Enable(line.Intid, enabled);
            }
        }
    }

    private bool CheckTurn(InterruptLine line)
    {
        if (!Machine.IsInTurn)
        {
            Machine.Fail(MachineRule.HandlerInTurn, $"the handler of {line.Name} was about to run outside the machine's turn");
            return false;
        }

        SimTime earliest = line.RaisedAt + _latency;
        if (Machine.Timeline.Now < earliest)
        {
            Machine.Fail(
                MachineRule.HandlerInTime, $"the handler of {line.Name} was about to run at {Machine.Timeline.Now}, due at {earliest}");
            return false;
        }

        return true;
    }

    private sealed class TakeEvent(InterruptPath path) : MachineEvent(path.Machine)
    {
        internal override string Key => "latency";

        protected override void OnDue(ulong argument) => path.Take();
    }
}
