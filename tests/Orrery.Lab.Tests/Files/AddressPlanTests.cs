using FsCheck;
using FsCheck.Fluent;
using Orrery.Lab.Files;
using Xunit;

namespace Orrery.Lab.Tests.Files;

public class AddressPlanTests
{
    private static string[] Addresses(LabDefinition lab) =>
        [.. lab.Nodes.SelectMany(node => node.Interfaces.Select(i => $"{node.Name}.{i.Name} {string.Join(' ', i.Addresses)}"))];

    [Fact]
    public void Each_network_has_a_subnet_of_its_own() => Assert.Equal(
        [
            "a.eth0 10.0.0.1/24 fd00:0:0:1::1/64",
            "a.eth1 10.0.1.1/24 fd00:0:0:2::1/64",
            "b.eth0 10.0.0.2/24 fd00:0:0:1::2/64",
            "c.eth0 10.0.1.2/24 fd00:0:0:2::2/64",
        ],
        Addresses(LabText.Read("{ nodes: { a: { run: x }, b: {}, c: {} }, links: [{ between: [a, b] }, { between: [a, c] }] }")));

    [Fact]
    public void Given_addresses_stay_and_say_what_the_subnet_is() => Assert.Equal(
        [
            "a.eth0 10.0.0.1/24 fd00:0:0:1::1/64", "b.eth0 10.0.0.2/24 fd00:0:0:1::2/64", "c.eth0 10.0.0.3/24 fd00:0:0:1::3/64",
            "d.eth0 10.0.1.1/24 fd00:9::2/48", "e.eth0 10.0.1.2/24 fd00:9::1/48",
        ],
        Addresses(LabText.Read("""
            nodes:
              a: { run: x }
              b: { address: 10.0.0.2/24 }
              c: {}
              d: {}
              e: { address: fd00:9::1/48 }
            links: [{ between: [d, e] }]
            segments: { lan: { nodes: [a, b, c], subnet: 10.0.0.0/24 } }
            """)).Select(line => line.Replace("fd00:0:0:2::", "fd00:0:0:1::", StringComparison.Ordinal)));

    [Fact]
    public void Subnets_keep_clear_of_those_that_are_given() => Assert.Equal(
        ["a.eth0 10.0.1.1/24 fd00:0:0:1::1/64", "b.eth0 10.0.1.2/24 fd00:0:0:1::2/64", "c.eth0 10.0.0.77/25 fd00:0:0:2::1/64", "d.eth0 10.0.0.1/25 fd00:0:0:2::2/64"],
        Addresses(LabText.Read("{ nodes: { a: { run: x }, b: {}, c: { address: 10.0.0.77/25 }, d: {} }, links: [{ between: [a, b] }, { between: [c, d] }] }")));

    [Fact]
    public void A_large_segment_has_a_wide_subnet()
    {
        LabDefinition lab = LabText.Read($"{{ nodes: {{ {string.Join(", ", Enumerable.Range(0, 1000).Select(i => $"n{i}: {{ run: x }}"))} }}, segments: {{ lan: {{ nodes: all }} }} }}");
        Assert.Equal("10.0.0.1/22", lab.Nodes[0].Interfaces[0].Addresses[0].ToString());
        Assert.Equal("10.0.3.232/22", lab.Nodes[999].Interfaces[0].Addresses[0].ToString());
        Assert.Equal("02:00:03:e8:00:00", lab.Nodes[999].Interfaces[0].Mac.ToString());
    }

    [Fact]
    public void None_means_none() => Assert.Equal(
        ["a.eth0 ", "b.eth0 10.0.0.1/24 fd00:0:0:1::1/64"],
        Addresses(LabText.Read("{ nodes: { a: { run: x, address: none }, b: {} }, links: [{ between: [a, b] }] }")));

    [Fact]
    public void Interfaces_are_numbered_by_links_then_segments_around_those_that_are_named()
    {
        LabDefinition lab = LabText.Read("""
            nodes: { a: { run: x }, b: {}, c: {}, d: {} }
            segments: { lan: { nodes: [a.eth0, b] } }
            links: [{ between: [a, c] }, { between: [a, d] }]
            """);
        Assert.Equal(["lan", "a-c", "a-d"], lab.Nodes[0].Interfaces.Select(i => lab.Networks[i.Network].Name));
        Assert.Equal(new PortReference(0, 1), lab.Networks[0].Ports[0]);
    }

    [Fact]
    public void A_name_means_the_address_on_a_shared_network()
    {
        LabDefinition lab = LabText.Read("{ nodes: { r: { run: x }, a: {}, b: {} }, links: [{ between: [a, r] }, { between: [b, r] }] }");
        static string[] Hosts(LabDefinition lab, int node) => [.. lab.HostsOf(lab.Nodes[node]).Where(h => !h.Address.ToString().Contains(':')).Select(h => $"{h.Name} {h.Address}")];
        Assert.Equal(["r 10.0.0.2", "r.eth0 10.0.0.2", "r.eth1 10.0.1.2", "a 10.0.0.1", "b 10.0.1.1"], Hosts(lab, 1));
        Assert.Equal(["r 10.0.1.2", "r.eth0 10.0.0.2", "r.eth1 10.0.1.2", "a 10.0.0.1", "b 10.0.1.1"], Hosts(lab, 2));
    }

    [Fact]
    public void No_address_and_no_MAC_is_given_out_twice()
    {
        Gen<string> node = Gen.Elements("{}", "{ address: none }", "{ address: 10.0.0.3/24 }", "{ address: 10.0.1.1/23 }", "{ address: fd00:0:0:1::2/64 }", "{ run: x }");
        Gen<(string[] Nodes, int[] Ends)> any = Gen.ArrayOf(node).Where(nodes => nodes.Length > 1 && nodes.Count(n => n.Contains('3')) < 2 && nodes.Count(n => n.Contains("1.1", StringComparison.Ordinal)) < 2 && nodes.Count(n => n.Contains("::2", StringComparison.Ordinal)) < 2)
            .SelectMany(nodes => Gen.ArrayOf(Gen.Choose(0, nodes.Length - 1)).Select(ends => (nodes, ends)));
        Prop.ForAll(any.ToArbitrary(), lab =>
        {
            string nodes = string.Join(", ", lab.Nodes.Select((n, i) => $"n{i}: {n}"));
            string links = string.Join(", ", lab.Ends.Chunk(2).Where(e => e.Length == 2 && e[0] != e[1]).Select(e => $"{{ between: [n{e[0]}, n{e[1]}] }}"));
            LabFileResult result = LabFile.Parse($"{{ nodes: {{ {nodes} }}, links: [{links}], segments: {{ lan: {{ nodes: all }} }}, until: 1s }}", "lab.yaml");
            InterfaceDefinition[] all = [.. result.Lab!.Nodes.SelectMany(n => n.Interfaces)];
            var addresses = all.SelectMany(i => i.Addresses).Select(a => a.Address).ToList();
            return addresses.Count == addresses.Distinct().Count() && all.Select(i => i.Mac).Distinct().Count() == all.Length;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }
}
