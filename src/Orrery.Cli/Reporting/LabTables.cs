using Orrery.Lab.Files;
using Spectre.Console;

namespace Orrery.Cli.Reporting;

/// <summary>A resolved lab as tables: its nodes with their interfaces, and its networks.</summary>
internal static class LabTables
{
    private const int PortsShownMax = 12;

    public static void Write(IAnsiConsole console, LabDefinition lab)
    {
        console.WriteLine($"{lab.Title}: seed {lab.Seed}, from {WallClock.Format(lab.StartUnixNs)} until {lab.Until}");
        WriteNodes(console, lab);
        if (lab.Networks.Length > 0)
        {
            WriteNetworks(console, lab);
        }
    }

    private static void WriteNodes(IAnsiConsole console, LabDefinition lab)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumns("node", "kind", "runs", "interface", "MAC", "addresses", "network");
        table.Columns[4].NoWrap(); // a MAC address
        foreach (NodeDefinition node in lab.Nodes)
        {
            if (node.Interfaces.IsEmpty)
            {
                AddRow(table, node.Name, node.Kind, Runs(node), "-", "-", "-", "-");
            }

            foreach (InterfaceDefinition eth in node.Interfaces)
            {
                bool first = eth.Index == 0;
                AddRow(
                    table, first ? node.Name : "", first ? node.Kind : "", first ? Runs(node) : "",
                    eth.Name, eth.Mac.ToString(), string.Join(' ', eth.Addresses), lab.Networks[eth.Network].Name);
            }
        }

        console.Write(table);
    }

    private static void WriteNetworks(IAnsiConsole console, LabDefinition lab)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumns("network", "kind", "delay", "ports", "capture");
        foreach (NetworkDefinition network in lab.Networks)
        {
            IEnumerable<string> ports = network.Ports.Take(PortsShownMax).Select(port => PortName(lab, port));
            string more = network.Ports.Length > PortsShownMax ? $" and {network.Ports.Length - PortsShownMax} more" : "";
            AddRow(
                table, network.Name, network is LinkDefinition ? "link" : "segment", network.Delay.ToString(),
                string.Join(' ', ports) + more, network.Capture ? "yes" : "no");
        }

        console.Write(table);
    }

    private static string Runs(NodeDefinition node) => node switch
    {
        LinuxNode linux => string.Join('\n', linux.Run),
        MachineNode machine => string.Join(' ', machine.Program),
        _ => "",
    };

    private static string PortName(LabDefinition lab, PortReference port)
    {
        NodeDefinition node = lab.Nodes[port.Node];
        return $"{node.Name}.{node.Interfaces[port.Interface].Name}";
    }

    private static void AddRow(Table table, params string[] cells) => table.AddRow([.. cells.Select(cell => new Text(cell))]);
}
