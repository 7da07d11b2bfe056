namespace Orrery.Machines;

/// <summary>What is wrong with a saved state, put in its place.</summary>
internal static class Problem
{
    /// <summary>The problem with the name of the part that has it before it; null when there is none.</summary>
    public static string? At(this string? problem, string part) => problem is null ? null : $"{part}: {problem}";
}
