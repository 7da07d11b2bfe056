using System.Globalization;
using System.Text;

namespace Orrery.Bench.Reproducibility;

/// <summary>
/// A lab of real kernels in pairs, each of which sends ICMP, ICMPv6 and random bytes over TCP, and prints what a guest could
/// have taken from its host. Of four pairs and more the last two share a switch; the others have a wire each.
/// </summary>
internal static class MixedTraffic
{
    private const int PairsOnSwitch = 2;

    /// <summary>The lab file.</summary>
    /// <param name="nodes">An even number.</param>
    /// <param name="seed">The lab's seed.</param>
    internal static string Write(int nodes, ulong seed)
    {
        int pairs = nodes / 2;
        int wires = pairs >= 2 * PairsOnSwitch ? pairs - PairsOnSwitch : pairs;
        var lab = new StringBuilder();
        lab.AppendLine(CultureInfo.InvariantCulture, $"lab: mixed traffic of {nodes} machines");
        lab.AppendLine(CultureInfo.InvariantCulture, $"seed: {seed}");
        lab.AppendLine("nodes:");
        for (int pair = 1; pair <= pairs; pair++)
        {
            // Networks are numbered in the order of the file, wires first, and their nodes in the order they are named in.
            (int network, int host) = pair <= wires ? (pair, 2) : (wires + 1, 2 * (pair - wires));
            lab.AppendLine(CultureInfo.InvariantCulture, $$"""
                  c{{pair}}:
                    run:
                      - ping -c 2 s{{pair}}
                      - ping6 -c 2 fd00:0:0:{{network:x}}::{{host:x}}
                      - dd if=/dev/urandom bs=4k count=8 2>/dev/null | nc s{{pair}} 5000
                      - cat /proc/sys/kernel/random/uuid /proc/uptime /proc/interrupts
                      - date -u +%s.%N
                  s{{pair}}:
                    run:
                      - mkfifo /tmp/silence
                      - nc -l -p 5000 <> /tmp/silence | md5sum
                """);
        }

        lab.AppendLine("links:");
        for (int pair = 1; pair <= wires; pair++)
        {
            lab.AppendLine(CultureInfo.InvariantCulture, $"  - {{ between: [c{pair}, s{pair}], delay: {1 + (pair % 5)}ms }}");
        }

        if (wires < pairs)
        {
            string members = string.Join(", ", Enumerable.Range(wires + 1, PairsOnSwitch).Select(pair => $"c{pair}, s{pair}"));
            lab.AppendLine("segments:");
            lab.AppendLine(CultureInfo.InvariantCulture, $"  lan: {{ nodes: [{members}], delay: 2ms }}");
        }

        return lab.ToString();
    }
}
