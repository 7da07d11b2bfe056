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
    // Linux, include/uapi/linux/kvm.h and arch/arm64/include/uapi/asm/kvm.h.
    private const uint DeviceGicV2 = 5;
    private const uint DeviceGicV3 = 7;
    private const uint FeaturePsci = 1 << 2;
    private const uint ExitMmio = 6;
    private const ulong RegisterPc = 0x6030_0000_0010_0040;
    private const int RunLimitMilliseconds = 2000;

    private readonly ConformanceProgram _program;
    private readonly GuestCode?[] _code;

    /// <summary>For each operation, the answer that its result depends on: its own, or that of the run it is part of.</summary>
    private readonly int[] _answerOf;
    private readonly int[] _logAnswers;
    private int _setupFirst, _setupEnd;

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
                results[i] = DecodeCall(_program.Operations[i], answers[_answerOf[i]]);
            }
        }

        problem = string.Empty;
        return true;
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
        run is { Status: 0, Reason: ExitMmio, Address: GuestLayout.Exit, IsWrite: true };

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
        MachineShape shape = _program.Shape;
        _setupFirst = batch.Count;
        batch.OpenMachine(0, GuestLayout.RamBytes);
        for (int vcpu = 0; vcpu < shape.Vcpus; vcpu++)
        {
            batch.CreateVcpu(0, vcpu, FeaturePsci);
        }

        batch.CreateDevice(0, 0, shape.Gic == VgicKind.GicV3 ? DeviceGicV3 : DeviceGicV2);
        batch.SetAttribute(0, 0, (uint)VgicGroup.IntidCount, 0, (ulong)shape.InterruptCount, VgicGroup.IntidCount.DataBytes());
        foreach (AttributeValue address in GuestLayout.Addresses(shape.Gic))
        {
            batch.SetAttribute(0, 0, (uint)address.Attribute.Group, address.Attribute.Attr, address.Value, VgicGroup.Address.DataBytes());
        }

        batch.SetAttribute(0, 0, (uint)VgicGroup.Control, VgicAttribute.ControlInit, []);
        batch.WriteRam(0, GuestLayout.Vectors, GuestVectors.Build(shape.Gic));
        for (int vcpu = 0; vcpu < shape.Vcpus; vcpu++)
        {
            if (_code[vcpu] is { } code)
            {
                int at = GuestLayout.Code + vcpu * GuestLayout.CodeStride;
                batch.WriteRam(0, at, code.ToBytes());
                batch.SetRegister(0, vcpu, RegisterPc, GuestLayout.RamAddress(at));
            }
        }

        _setupEnd = batch.Count;
    }

    private void AppendOperations(AgentBatch batch)
    {
        int pending = 0; // first operation whose run has not been asked for
        for (int i = 0; i < _program.Operations.Length; i++)
        {
            Operation op = _program.Operations[i];
            if (!op.IsGuest)
            {
                _answerOf[i] = AppendCall(op, batch);
                pending = i + 1;
            }
            else if (_program.EndsRun(i))
            {
                int run = batch.Run(0, op.Vcpu, RunLimitMilliseconds);
                for (; pending <= i; pending++)
                {
                    _answerOf[pending] = run;
                }
            }
        }
    }

    private static int AppendCall(Operation op, AgentBatch batch) => op.Kind switch
    {
        OperationKind.SetAttribute => batch.SetAttribute(0, 0, op.Where, op.Attribute, op.Value, op.Width),
        OperationKind.GetAttribute => batch.GetAttribute(0, 0, op.Where, op.Attribute, op.Width),
        OperationKind.HasAttribute => batch.HasAttribute(0, 0, op.Where, op.Attribute),
        OperationKind.SetLine => batch.IrqLine(0, op.Line.Encode(), op.Index),
        _ => throw new ArgumentException($"{op.Kind} is not a call"),
    };

    private void AppendCollection(AgentBatch batch)
    {
        for (int vcpu = 0; vcpu < _program.Shape.Vcpus; vcpu++)
        {
            _logAnswers[vcpu] = batch.ReadRam(0, GuestLayout.Log + vcpu * GuestLayout.LogStride, LogBytes(vcpu));
        }

        batch.CloseMachine(0);
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
