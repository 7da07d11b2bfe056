namespace Orrery.Interrupts.Linting;

/// <summary>
/// The order in which an ITS is restored (Linux Documentation/virt/kvm/devices/arm-vgic-its.rst): GITS_CBASER, the other
/// registers, the tables, GITS_CTLR last, and the redistributors before the tables.
/// </summary>
internal sealed class ItsRestoreRules(Action<int, string, string> find)
{
    private const string Rule = "its-order";
    private const uint Control = 0x00, Identification = 0x04, CommandBase = 0x80, CommandWrite = 0x88, CommandRead = 0x90, Tables = 0x100, TablesEnd = 0x140;
    private const ulong RestoreTables = 2, Enabled = 1, Valid = 1UL << 63;
    private int _commandBase, _tables, _restored, _enabled;

    /// <summary>A register of the ITS is written.</summary>
    public void Register(int line, uint offset, ulong value)
    {
        if (_enabled != 0)
        {
            find(line, Rule, $"GITS+0x{offset:x} after line {_enabled} enabled the ITS: commands may have been executed again");
            _enabled = 0; // one finding for the whole block
        }

        switch (offset)
        {
            case Control when (value & Enabled) != 0:
                _enabled = line;
                break;
            case CommandBase:
                _commandBase = line;
                break;
            case CommandRead or CommandWrite when _commandBase == 0:
                find(line, Rule, $"{(offset == CommandRead ? "GITS_CREADR" : "GITS_CWRITER")} before GITS_CBASER, which sets it to 0 again");
                break;
            case Identification or (>= Tables and < TablesEnd) when _restored != 0:
                find(line, Rule, $"GITS+0x{offset:x} after line {_restored} restored the tables, which are read by it");
                break;
            case >= Tables and < TablesEnd when (value & Valid) != 0:
                _tables = line;
                break;
        }
    }

    /// <summary>A control of the ITS device is used.</summary>
    public void ControlCall(int line, ulong attribute)
    {
        if (attribute != RestoreTables)
        {
            return;
        }

        if (_enabled != 0)
        {
            find(line, Rule, $"the tables are restored after line {_enabled} enabled the ITS");
        }

        _restored = line;
    }

    /// <summary>A register of a redistributor is written.</summary>
    public void Redistributor(int line)
    {
        if (_restored != 0)
        {
            find(line, Rule, $"a redistributor is restored after line {_restored} restored the tables: LPIs pend by its tables");
            _restored = 0;
        }
    }

    /// <summary>What only the whole trace shows.</summary>
    public void Finish()
    {
        if (_tables != 0 && _restored == 0)
        {
            find(_tables, "its-tables", "GITS_BASER is restored and the tables are not (CTRL 2): no event is mapped");
        }
    }
}
