using System.Buffers;

namespace Orrery.Cli;

/// <summary>A command of the command line as a line for a shell.</summary>
internal static class ShellLine
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,");

    /// <summary>One word is a line already (<c>-- 'ping m2; ip addr'</c>); several reach the command as they are.</summary>
    public static string Of(IReadOnlyList<string> words)
        => words.Count == 1 ? words[0] : string.Join(' ', words.Select(Quote));

    private static string Quote(string word)
        => word.Length > 0 && !word.AsSpan().ContainsAnyExcept(Plain) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
