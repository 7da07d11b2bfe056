namespace Orrery.Interrupts.Gic;

/// <summary>Why a line could not be driven.</summary>
public enum LineError : byte
{
    /// <summary>It was.</summary>
    None,

    /// <summary>No interrupt of this INTID has a line here: an SGI, an LPI, a special INTID, or one past the last (<c>-EINVAL</c>).</summary>
    NoSuchLine,

    /// <summary>A PPI of a CPU that does not exist.</summary>
    NoSuchCpu,
}
