using System.Globalization;
using System.Text;

namespace Orrery.Bench.Machines;

/// <summary>
/// A lab of C# machines on a grid: each row and each column is a switched segment, so that a machine has two cards, and pings
/// its neighbour to the right. The machines begin 10 us apart, as no hall of computers is switched on in one nanosecond.
/// </summary>
internal static class MeshLab
{
    /// <summary>The text of the lab file.</summary>
    /// <param name="rows">Segments across.</param>
    /// <param name="columns">Segments down; machines in a row.</param>
    /// <param name="pings">Sent by each machine.</param>
    public static string Write(int rows, int columns, int pings)
    {
        var text = new StringBuilder($"lab: mesh\nrecord: false\nuntil: all exit\nnodes:\n");
        for (int i = 0; i < rows * columns; i++)
        {
            int neighbor = (i / columns * columns) + ((i + 1) % columns);
            text.Append(
                CultureInfo.InvariantCulture,
                $"  m{i}: {{ kind: machine, program: ping m{neighbor} --count {pings} --interval 10ms --quiet, start: {10 * (i + 1)}us }}\n");
        }

        text.Append("segments:\n");
        for (int row = 0; row < rows; row++)
        {
            Append(text, $"row{row}", Enumerable.Range(row * columns, columns));
        }

        for (int column = 0; column < columns; column++)
        {
            Append(text, $"column{column}", Enumerable.Range(0, rows).Select(row => (row * columns) + column));
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string name, IEnumerable<int> machines)
        => text.Append(CultureInfo.InvariantCulture, $"  {name}: {{ nodes: [{string.Join(", ", machines.Select(i => $"m{i}"))}], delay: 1ms }}\n");
}
