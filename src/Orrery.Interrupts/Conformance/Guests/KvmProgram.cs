using System.Buffers.Binary;
using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Conformance.Programs;
using Orrery.Interrupts.Gic.Kvm;

namespace Orrery.Interrupts.Conformance.Guests;

/// <summary>
/// A conformance program as commands for the agent: machine, code of its vCPUs, runs and calls in order; and the way
/// back from the agent's answers to results.
/// </summary>
internal sealed class KvmProgram
{
    private const int RunLimitMilliseconds = 2000;

    private readonly ConformanceProgram _program;
    private readonly GuestCode?[] _code;

    /// <summary>For each operation, the answer that its result depends on: its own, or that of the run it is part of.</summary>
    private readonly int[] _answerOf;

    /// <summary>For each migration, the answer after its last.</summary>
    private readonly Dictionary<int, int> _migrationEnds = [];
    private readonly int[] _logAnswers;
    private int _setupFirst, _setupEnd;

    /// <summary>The machine slot that the program is in; migration moves it on.</summary>
    private int _machine;

    private KvmProgram(ConformanceProgram program)
    {
        _program = program;
        _code = new GuestCode?[program.Shape.Vcpus];
        _answerOf = new int[program.Operations.Length];
        _logAnswers = new int[program.Shape.Vcpus];
    }

    /// <summary>The code of each vCPU; null for one that does nothing.</summary>
    public IReadOnlyList<GuestCode?> Code => _code;

    /// <summary>Translates a program, and appends its commands to <paramref name="batch"/>.</summary>
    public static KvmProgram Append(ConformanceProgram program, AgentBatch batch)
    {
        var lowered = new KvmProgram(program);
        lowered.Assemble();
        lowered.AppendSetup(batch);
        lowered.AppendOperations(batch);
        lowered.AppendCollection(batch);
        return lowered;
    }

    /// <summary>The results, one for each operation. False when the machine could not be set up at all.</summary>
    public bool TryDecode(AgentAnswer[] answers, out OperationResult[] results, out string problem)
    {
        results = new OperationResult[_program.Operations.Length];
        for (int i = _setupFirst; i < _setupEnd; i++)
        {
            if (answers[i].Status != 0)
            {
                problem = $"setting up the guest failed at step {i - _setupFirst + 1} of {_setupEnd - _setupFirst}: error {-answers[i].Status}";
                return false;
            }
        }

        for (int vcpu = 0; vcpu < _program.Shape.Vcpus; vcpu++)
        {
            DecodeVcpu(answers, vcpu, results);
        }

        for (int i = 0; i < results.Length; i++)
        {
            if (!_program.Operations[i].IsGuest)
            {
                results[i] = _migrationEnds.TryGetValue(i, out int end)
                    ? DecodeMigration(answers.AsSpan(_answerOf[i]..end))
                    : DecodeCall(_program.Operations[i], answers[_answerOf[i]]);
            }
        }

        problem = string.Empty;
        return true;
    }

    private static OperationResult DecodeMigration(ReadOnlySpan<AgentAnswer> answers)
    {
        foreach (AgentAnswer answer in answers)
        {
            if (answer.Status != 0)
            {
                return OperationResult.Error(-answer.Status);
            }
        }

        return OperationResult.Done;
    }

    private static OperationResult DecodeCall(Operation op, AgentAnswer answer) =>
        answer.Status != 0 ? OperationResult.Error(-answer.Status)
        : op.Kind == OperationKind.GetAttribute ? OperationResult.Of(answer.DataAsNumber)
        : OperationResult.Done;

    /// <summary>From the first run that did not end as it should, nothing of this vCPU is known.</summary>
    private void DecodeVcpu(AgentAnswer[] answers, int vcpu, OperationResult[] results)
    {
        var log = new GuestLog(answers[_logAnswers[vcpu]].Data.Span);
        for (int i = 0; i < results.Length; i++)
        {
            Operation op = _program.Operations[i];
            if (!op.IsGuest || op.Vcpu != vcpu)
            {
                continue;
            }

            if (!RunAnswer.TryDecode(answers[_answerOf[i]], out RunAnswer run) || !IsAtExit(run))
            {
                return;
            }

            results[i] = log.Next(op);
        }
    }

    private static bool IsAtExit(RunAnswer run) =>
        run is { Status: 0, Reason: KvmNumbers.ExitMmio, Address: GuestLayout.Exit, IsWrite: true };

    private void Assemble()
    {
        for (int i = 0; i < _program.Operations.Length; i++)
        {
            Operation op = _program.Operations[i];
            if (!op.IsGuest)
            {
                continue;
            }

            GuestCode code = _code[op.Vcpu] ??= new GuestCode(_program.Shape.Gic, op.Vcpu);
            code.Append(op);
            if (_program.EndsRun(i))
            {
                code.AppendExit();
            }
        }
    }

    private void AppendSetup(AgentBatch batch)
    {
        _setupFirst = batch.Count;
        AppendMachine(batch, _machine);
        batch.WriteRam(_machine, GuestLayout.Vectors, GuestVectors.Build(_program.Shape.Gic));
        for (int vcpu = 0; vcpu < _program.Shape.Vcpus; vcpu++)
        {
            if (_code[vcpu] is { } code)
            {
                int at = GuestLayout.Code + vcpu * GuestLayout.CodeStride;
                batch.WriteRam(_machine, at, code.ToBytes());
                batch.SetRegister(_machine, vcpu, KvmRegisters.Pc, GuestLayout.RamAddress(at));
            }
        }

        _setupEnd = batch.Count;
    }

    /// <summary>A machine with vCPUs and an initialised interrupt controller.</summary>
    private void AppendMachine(AgentBatch batch, int machine)
    {
        MachineShape shape = _program.Shape;
        batch.OpenMachine(machine, GuestLayout.RamBytes);
        for (int vcpu = 0; vcpu < shape.Vcpus; vcpu++)
        {
            batch.CreateVcpu(machine, vcpu, KvmNumbers.FeaturePsci);
        }

        batch.CreateDevice(machine, 0, KvmNumbers.DeviceOf(shape.Gic));
        batch.SetAttribute(
            machine, 0, (uint)VgicGroup.IntidCount, 0, (ulong)shape.InterruptCount, VgicGroup.IntidCount.DataBytes());
        foreach (AttributeValue address in GuestLayout.Addresses(shape.Gic))
        {
            batch.SetAttribute(
                machine, 0, (uint)address.Attribute.Group, address.Attribute.Attr, address.Value, VgicGroup.Address.DataBytes());
        }

        batch.SetAttribute(machine, 0, (uint)VgicGroup.Control, VgicAttribute.ControlInit, []);
    }

    private void AppendOperations(AgentBatch batch)
    {
        int pending = 0; // first operation whose run has not been asked for
        for (int i = 0; i < _program.Operations.Length; i++)
        {
            Operation op = _program.Operations[i];
            if (!op.IsGuest)
            {
                _answerOf[i] = op.Kind == OperationKind.Migrate ? AppendMigration(batch, i) : AppendCall(op, batch);
                pending = i + 1;
            }
            else if (_program.EndsRun(i))
            {
                int run = batch.Run(_machine, op.Vcpu, RunLimitMilliseconds);
                for (; pending <= i; pending++)
                {
                    _answerOf[pending] = run;
                }
            }
        }
    }

    /// <summary>
    /// Saves everything and restores it into a new machine, in the order of Orrery's own restore plan. Returns the first
    /// answer that says whether it worked.
    /// </summary>
    private int AppendMigration(AgentBatch batch, int index)
    {
        int from = _machine, to = (from + 1) % AgentProtocol.MachineSlots;
        for (int vcpu = 0; vcpu < _program.Shape.Vcpus; vcpu++)
        {
            if (_program.Operations[..index].Any(op => op.IsGuest && op.Vcpu == vcpu))
            {
                // It left by a store that KVM completes at the next entry: let it, without entering.
                batch.WritePage(from, vcpu, KvmRegisters.ImmediateExitOffset, [1]);
                batch.Run(from, vcpu, RunLimitMilliseconds);
            }
        }

        int first = batch.Count;
        AppendMachine(batch, to);
        batch.CopyRam(from, to);
        foreach (MigrationWrite write in MigrationPlan.Of(_program.Shape))
        {
            uint group = (uint)write.Attribute.Group;
            int width = write.Attribute.Group.DataBytes();
            _ = write.Constant is { } constant
                ? batch.SetAttribute(to, 0, group, write.Attribute.Attr, constant, width)
                : batch.CopyAttribute(from, to, 0, group, write.Attribute.Attr, width, write.Mask);
        }

        for (int vcpu = 0; vcpu < _program.Shape.Vcpus; vcpu++)
        {
            foreach (ulong register in KvmRegisters.Saved)
            {
                batch.CopyRegister(from, to, vcpu, register);
            }
        }

        _migrationEnds[index] = batch.Count;
        batch.CloseMachine(from);
        _machine = to;
        return first;
    }

    private int AppendCall(Operation op, AgentBatch batch) => op.Kind switch
    {
        OperationKind.SetAttribute => batch.SetAttribute(_machine, 0, op.Where, op.Attribute, op.Value, op.Width),
        OperationKind.GetAttribute => batch.GetAttribute(_machine, 0, op.Where, op.Attribute, op.Width),
        OperationKind.HasAttribute => batch.HasAttribute(_machine, 0, op.Where, op.Attribute),
        OperationKind.SetLine => batch.IrqLine(_machine, op.Line.Encode(), op.Index),
        _ => throw new ArgumentException($"{op.Kind} is not a call"),
    };

    private void AppendCollection(AgentBatch batch)
    {
        for (int vcpu = 0; vcpu < _program.Shape.Vcpus; vcpu++)
        {
            _logAnswers[vcpu] = batch.ReadRam(_machine, GuestLayout.Log + vcpu * GuestLayout.LogStride, LogBytes(vcpu));
        }

        batch.CloseMachine(_machine);
    }

    /// <summary>The most that the vCPU may have logged.</summary>
    private int LogBytes(int vcpu)
    {
        int words = 0;
        foreach (Operation op in _program.Operations)
        {
            if (op.IsGuest && op.Vcpu == vcpu)
            {
                words += op.Kind == OperationKind.TakeInterrupts ? op.Index + 1 : 1;
            }
        }

        return Math.Min(words * sizeof(ulong), GuestLayout.LogStride);
    }
}
