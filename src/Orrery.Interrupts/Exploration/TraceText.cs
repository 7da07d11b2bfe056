using System.Globalization;
using System.Text;

namespace Orrery.Interrupts.Exploration;

/// <summary>A counterexample as a table for people: a line for each step, with who, what, and what it changed.</summary>
public static class TraceText
{
    private const string ColumnGap = "  ";

    /// <summary>The table, each line ended by a line feed.</summary>
    public static string Render(Counterexample counterexample)
    {
        ArgumentNullException.ThrowIfNull(counterexample);
        IReadOnlyList<TraceStep> steps = counterexample.Steps;
        int actorWidth = Width("who", steps.Select(step => step.Actor));
        int actionWidth = Width("does", steps.Select(step => step.Action));
        var text = new StringBuilder();
        Line("step", "who", "does", "what changes");
        Line("0", "", "", "at first: " + Join(counterexample.Start.Where(IsWorthSaying).Select(field => $"{field.Field} {field.Value}")));
        for (int i = 0; i < steps.Count; i++)
        {
            if (i == counterexample.CycleStart)
            {
                text.Append("      from here on, again and again:\n");
            }

            Line(
                (i + 1).ToString(CultureInfo.InvariantCulture), steps[i].Actor, steps[i].Action,
                Join(steps[i].Changes.Select(change => $"{change.Field} {change.Before} -> {change.After}")));
        }

        return text.ToString();

        void Line(string number, string actor, string action, string changes)
        {
            string line = string.Join(
                ColumnGap, number.PadLeft(4), actor.PadRight(actorWidth), action.PadRight(actionWidth), changes);
            text.Append(line.TrimEnd()).Append('\n');
        }
    }

    private static bool IsWorthSaying(FieldValue field) => field.Value is not ("0" or "-");

    private static string Join(IEnumerable<string> parts) => string.Join(", ", parts);

    private static int Width(string header, IEnumerable<string> values) => values.Append(header).Max(value => value.Length);
}
