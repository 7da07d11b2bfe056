namespace Orrery.Bench.Machines;

/// <summary>
/// A lab of C# machines on a grid, as examples/mesh-1000.yaml: each row and each column is a switched segment, so that a
/// machine has two cards, and pings its neighbour to the right. The columns begin 100 us apart.
/// </summary>
internal static class MeshLab
{
    /// <summary>The text of the lab file.</summary>
    /// <param name="rows">Segments across.</param>
    /// <param name="columns">Segments down; machines in a row.</param>
    /// <param name="pings">Sent by each machine.</param>
    public static string Write(int rows, int columns, int pings) => $$"""
        lab: mesh
        record: off
        nodes:
          m[0-{{rows - 1}}]-[0-{{columns - 1}}]:
            kind: machine
            program: ping m<1>-<2+1> --count {{pings}} --interval 10ms --quiet
            start: <2>00us
        segments:
          row[0-{{rows - 1}}]: { nodes: "m<1>-[0-{{columns - 1}}]", delay: 1ms }
          column[0-{{columns - 1}}]: { nodes: "m[0-{{rows - 1}}]-<1>", delay: 1ms }
        until: all exit

        """;
}
