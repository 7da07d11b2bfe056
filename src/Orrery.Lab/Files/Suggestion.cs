namespace Orrery.Lab.Files;

/// <summary>"Did you mean": the known word nearest to an unknown one.</summary>
internal static class Suggestion
{
    /// <summary>Words beyond this are summed up, so that a message stays readable.</summary>
    private const int ListedMax = 20;

    /// <summary>"one of the nodes: a, b", with the nearest to <paramref name="word"/> pointed out when one is near.</summary>
    /// <param name="what">What the words are, in the plural: "the nodes".</param>
    public static string OneOf(string what, IReadOnlyCollection<string> known, string word)
    {
        if (known.Count == 0)
        {
            return $"one of {what}, but there is none";
        }

        string list = string.Join(", ", known.Take(ListedMax));
        if (known.Count > ListedMax)
        {
            list += $" and {known.Count - ListedMax} more";
        }

        string? nearest = Nearest(known, word);
        return $"one of {what}: {list}" + (nearest is null ? "" : $" (did you mean '{nearest}'?)");
    }

    /// <summary>The word at the least edit distance, if it is near enough to be a slip; the first of several.</summary>
    public static string? Nearest(IEnumerable<string> known, string word)
    {
        string? nearest = null;
        int least = Math.Max(1, word.Length / 3) + 1;
        foreach (string candidate in known)
        {
            if (Math.Abs(candidate.Length - word.Length) >= least)
            {
                continue;
            }

            int distance = Distance(candidate, word);
            if (distance < least)
            {
                (nearest, least) = (candidate, distance);
            }
        }

        return nearest;
    }

    /// <summary>Optimal string alignment distance: insertions, deletions, substitutions, neighbours swapped; case is free.</summary>
    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (int j = 0; j <= b.Length; j++)
        {
            rows[0, j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int changed = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                int least = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + changed);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                {
                    least = Math.Min(least, rows[i - 2, j - 2] + 1);
                }

                rows[i, j] = least;
            }
        }

        return rows[a.Length, b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
