namespace Orrery.Lab.Files;

/// <summary>Something in a lab file that is wrong, or at least worth a look.</summary>
/// <param name="File">The file, or the override (<c>--set calendar.memory=maybe</c>) that the value came from.</param>
/// <param name="Line">From 1; 0 when it came from an override.</param>
/// <param name="Column">From 1; 0 when it came from an override.</param>
/// <param name="Found">What stands there.</param>
/// <param name="Expected">What should.</param>
/// <param name="IsWarning">The lab can be run all the same.</param>
public sealed record LabDiagnostic(string File, int Line, int Column, string Found, string Expected, bool IsWarning = false)
{
    /// <summary><c>FILE:LINE:COLUMN: found X, expected Y</c>, the form that editors and terminals make clickable.</summary>
    public override string ToString()
    {
        string place = Line > 0 ? $"{File}:{Line}:{Column}" : File;
        return $"{place}: {(IsWarning ? "warning: " : "")}found {Found}, expected {Expected}";
    }
}
