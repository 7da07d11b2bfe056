using Orrery.Interrupts.Conformance.Live;
using Orrery.Interrupts.Gic.Kvm;
using Xunit;

namespace Orrery.Conformance.Tests;

/// <summary>One device of real KVM and one model of it, told the same; what each answers is compared with what is expected.</summary>
internal sealed class DeviceTwin
{
    private readonly EmulatedHost _host;
    private readonly KvmVgic _model;
    private readonly AgentBatch _batch = new();
    private readonly List<(string Call, int Answer, KvmErrno Expected, KvmErrno Model)> _calls = [];
    private readonly List<(string Call, int Answer, ulong Mask, ulong Expected, ulong Model)> _readings = [];

    public DeviceTwin(EmulatedHost host, VgicKind kind, int vcpus)
    {
        _host = host;
        _model = new KvmVgic(new KvmVgicOptions { Kind = kind });
        _batch.OpenMachine(0, 0x10000);
        for (int vcpu = 0; vcpu < vcpus; vcpu++)
        {
            _batch.CreateVcpu(0, vcpu, KvmNumbers.FeaturePsci);
            _model.CreateVcpu();
        }

        _batch.CreateDevice(0, 0, KvmNumbers.DeviceOf(kind));
    }

    public void Set(VgicAttribute attribute, ulong value, KvmErrno expected) => Note(
        $"set {attribute} 0x{value:x}",
        _batch.SetAttribute(0, 0, (uint)attribute.Group, attribute.Attr, value, attribute.Group.DataBytes()),
        expected,
        _model.SetAttribute(attribute, value));

    public void Get(VgicAttribute attribute, KvmErrno expected) => Note(
        $"get {attribute}",
        _batch.GetAttribute(0, 0, (uint)attribute.Group, attribute.Attr, attribute.Group.DataBytes()),
        expected,
        _model.GetAttribute(attribute).Error);

    /// <summary>Gets an attribute, some bits of which must have a value.</summary>
    public void GetValue(VgicAttribute attribute, ulong mask, ulong expected)
    {
        Get(attribute, KvmErrno.None);
        _readings.Add((_calls[^1].Call, _calls[^1].Answer, mask, expected, _model.GetAttribute(attribute).Value));
    }

    public void Line(KvmIrqLine line, KvmErrno expected) =>
        Note($"line {line}", _batch.IrqLine(0, line.Encode(), 1), expected, _model.IrqLine(line.Encode(), true));

    /// <summary>Runs vCPU 0, which must not get as far as its guest.</summary>
    public void Run(KvmErrno expected) => Note("run", _batch.Run(0, 0, 1000), expected, _model.PrepareRun(0));

    /// <summary>Executes on KVM what was told, and compares all answers.</summary>
    public void Compare()
    {
        _batch.CloseMachine(0);
        Assert.True(_host.TryExecute(_batch, out AgentAnswer[]? answers, out string problem), problem);
        Assert.All(_calls, call =>
        {
            Assert.Equal((call.Call, call.Expected), (call.Call, (KvmErrno)answers![call.Answer].Status));
            Assert.Equal((call.Call, call.Expected), (call.Call, call.Model));
        });
        Assert.All(_readings, reading =>
        {
            Assert.Equal((reading.Call, reading.Expected), (reading.Call, answers![reading.Answer].DataAsNumber & reading.Mask));
            Assert.Equal((reading.Call, reading.Expected), (reading.Call, reading.Model & reading.Mask));
        });
    }

    private void Note(string call, int answer, KvmErrno expected, KvmErrno model) => _calls.Add((call, answer, expected, model));
}
