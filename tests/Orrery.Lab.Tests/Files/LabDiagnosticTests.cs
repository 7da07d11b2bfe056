using FsCheck;
using FsCheck.Fluent;
using Orrery.Lab.Files;
using Xunit;

namespace Orrery.Lab.Tests.Files;

/// <summary>Every mistake is found, at its place.</summary>
public class LabDiagnosticTests
{
    private const string Head = "nodes: { client: { run: x }, server: {} }\n";

    [Theory]
    // Typos.
    [InlineData(Head + "sede: 1", "lab.yaml:2:1: found key 'sede', expected one of the keys of a lab: lab, seed, start, kernel, nodes, links, segments, until, capture, record, calendar (did you mean 'seed'?)")]
    [InlineData("nodes: { a: { rnu: x, run: x } }", "lab.yaml:1:15: found key 'rnu', expected one of the keys of a linux node: kind, start, address, interfaces, calendar, memory, run, root, files, kernel, kernel-arguments, seed, type (did you mean 'run'?)")]
    [InlineData("nodes: { a: { kind: linx, run: x } }\nuntil: 1s", "lab.yaml:1:21: found 'linx', expected one of the kinds: linux, machine, external (did you mean 'linux'?)")]
    [InlineData("nodes: { a: { run: x, program: x } }", "lab.yaml:1:23: found key 'program', expected it on a node of kind machine only; this one is of kind linux")]
    [InlineData("nodes: { a: { run: x }, a: {} }", "lab.yaml:1:25: found 'a' a second time, expected each key once")]
    [InlineData("nodes: { a: { run: x }, -b: {} }\nlinks: [{ between: [a, -b] }]", "lab.yaml:1:25: found the node name '-b', expected a host name: up to 63 letters, digits, '-', '_' and '.', a letter or digit first and last")]
    [InlineData("nodes: { a: { kind: machine, program: pnig b } }\nuntil: 1s", "lab.yaml:1:39: found 'pnig b', expected one of the programs: echo, flow, ping, shell (did you mean 'ping'?)")]
    [InlineData("nodes: { a: { kind: machine, program: ping } }\nuntil: 1s", "lab.yaml:1:39: found 'ping', expected arguments that the program takes (ping: HOST is missing)")]
    // Units and values.
    [InlineData(Head + "links: [{ between: [client, server], delay: 5 }]", "lab.yaml:2:45: found '5', expected a unit after the number: ns, us, ms, s, min or h")]
    [InlineData(Head + "links: [{ between: [client, server], delay: 5msec }]", "lab.yaml:2:45: found '5msec', expected one of the units ns, us, ms, s, min, h")]
    [InlineData(Head + "links: [{ between: [client, server], delay: fast }]", "lab.yaml:2:45: found 'fast', expected a duration such as 5ms or 1.5s")]
    [InlineData("nodes: { a: { run: x, memory: 64 } }", "lab.yaml:1:31: found '64', expected a size with its unit (K, M or G), such as 64M")]
    [InlineData("nodes: { a: { run: x, memory: 1M } }", "lab.yaml:1:31: found '1M', expected whole megabytes from 16M to 64G")]
    [InlineData("seed: -1\nnodes: { a: { run: x } }", "lab.yaml:1:7: found '-1', expected a whole number below 2^64")]
    [InlineData("start: 2026-01-01\nnodes: { a: { run: x } }", "lab.yaml:1:8: found '2026-01-01', expected a date and time in UTC from 1970 to 2200, such as 2026-01-01T00:00:00Z")]
    [InlineData("calendar: { memory: maybe }\nnodes: { a: { run: x } }", "lab.yaml:1:21: found 'maybe', expected on or off")]
    [InlineData("calendar: { epoch: 0s }\nnodes: { a: { run: x } }", "lab.yaml:1:20: found '0s', expected at least 1us")]
    [InlineData("nodes: { a: { run: { b: c } } }\nuntil: 1s", "lab.yaml:1:20: found a mapping, expected a shell command, or a list of them")]
    [InlineData("nodes: { a: { run: x, root: /nowhere } }", "lab.yaml:1:29: found '/nowhere', expected minimal, host, or a directory that exists")]
    [InlineData("nodes: { a: { run: x, files: { /x: /nowhere } } }", "lab.yaml:1:36: found '/nowhere', expected a file or directory that exists on this host")]
    [InlineData("nodes: { a: { run: x, files: { x: /bin/sh } } }", "lab.yaml:1:32: found the path 'x', expected an absolute path in the guest, without '..'")]
    [InlineData("nodes: { a: { run: x, files: { /x: { text: a, source: /bin/sh } } } }", "lab.yaml:1:32: found both 'source' and 'text', expected one of the two")]
    [InlineData("nodes: { a: { run: x, files: { /x: { text: a, mode: 9 } } } }", "lab.yaml:1:53: found '9', expected permission bits in octal, such as 755")]
    [InlineData("nodes: { a: { run: x, kernel-arguments: mem=1G } }", "lab.yaml:1:41: found kernel argument 'mem=1G', expected one that Orrery does not give the kernel itself")]
    [InlineData("nodes: { a: { run: x, type: [{ text: x }] } }", "lab.yaml:1:30: found a mapping, expected both 'text' and 'at'")]
    // Networks.
    [InlineData(Head + "links: [{ between: [client, sever] }]", "lab.yaml:2:29: found the node 'sever', expected one of the nodes: client, server (did you mean 'server'?)")]
    [InlineData(Head + "links: [{ between: [client, client] }]", "lab.yaml:2:29: found both ends at 'client', expected two different nodes")]
    [InlineData(Head + "links: [{ between: [client] }]", "lab.yaml:2:20: found 1 ends, expected the two nodes it joins, such as [client, server]")]
    [InlineData(Head + "links: [{ between: [client, server.lan] }]", "lab.yaml:2:29: found the interface 'lan' of 'server', expected eth0 to eth63")]
    [InlineData(Head + "links: [{ between: [client, server.eth1] }]", "lab.yaml:1:30: found 'server.eth1' on a node with 1 interfaces, expected eth0 to eth0")]
    [InlineData(Head + "links: [{ between: [client, server.eth0] }, { between: [client, server.eth0] }]", "lab.yaml:2:65: found 'server.eth0' a second time, expected each interface on one link or segment")]
    [InlineData(Head + "links: [{ between: [client, server], name: a/b }]", "lab.yaml:2:44: found 'a/b', expected letters, digits, '-', '_' and '.', not the name of another link")]
    [InlineData(Head + "segments: { lan: { nodes: [client, server, client] } }", "lab.yaml:2:44: found 'client' a second time, expected each node once, or interfaces of it by name")]
    [InlineData(Head + "segments: { lan: {} }\nlinks: [{ between: [client, server] }]", "lab.yaml:2:13: found a segment without 'nodes', expected a list of nodes, or all")]
    [InlineData(Head + "links: [{ between: [client, server], subnet: 10.0.0.0/31 }]", "lab.yaml:2:46: found '10.0.0.0/31', expected an IPv4 network such as 192.168.7.0/24")]
    [InlineData("nodes: { a: { run: x }, b: {}, c: {} }\nsegments: { lan: { nodes: all, subnet: 10.0.0.0/30 } }", "lab.yaml:2:40: found no free address in 10.0.0.0/30 for 3 ports, expected a wider subnet")]
    [InlineData(Head + "links: [{ between: [client, server] }]\ncapture: [wire]", "lab.yaml:3:11: found 'wire', expected one of the links and segments: client-server")]
    // Addresses.
    [InlineData("nodes: { a: { run: x, address: 10.0.0.2/24 }, b: { address: 10.0.0.2/24 } }\nlinks: [{ between: [a, b] }]", "lab.yaml:1:61: found address 10.0.0.2, which a.eth0 has, expected an address of its own")]
    [InlineData("nodes: { a: { run: x, address: 10.0.0.2 }, b: {} }\nlinks: [{ between: [a, b] }]", "lab.yaml:1:32: found '10.0.0.2', expected an address with the length of its prefix, such as 10.0.0.2/24, or none")]
    [InlineData("nodes: { a: { run: x, address: 10.0.0.0/24 }, b: {} }\nlinks: [{ between: [a, b] }]", "lab.yaml:1:32: found '10.0.0.0/24', expected an address with the length of its prefix, such as 10.0.0.2/24, or none")]
    [InlineData("nodes: { a: { run: x, interfaces: { eth0: { mac: 01:00:00:00:00:01 } } }, b: {} }\nlinks: [{ between: [a, b] }]", "lab.yaml:1:50: found '01:00:00:00:00:01', expected the MAC of one station, such as 02:00:00:01:00:00")]
    [InlineData("nodes: { a: { run: x, interfaces: { eth0: { mac: 02:00:00:02:00:00 } } }, b: {} }\nlinks: [{ between: [a, b] }]", "lab.yaml:1:75: found MAC 02:00:00:02:00:00, which a.eth0 has, expected a MAC of its own")]
    [InlineData("nodes: { a: { run: x, interfaces: { eth1: { address: none } } }, b: {} }\nlinks: [{ between: [a, b] }]", "lab.yaml:1:37: found 'a.eth1', which is on no link or segment, expected eth0 to eth0")]
    // The end.
    [InlineData(Head + "until: clint exits\nlinks: [{ between: [client, server] }]", "lab.yaml:2:8: found the node 'clint', expected one of the nodes: client, server (did you mean 'client'?)")]
    [InlineData(Head + "until: server exits\nlinks: [{ between: [client, server] }]", "lab.yaml:2:8: found 'server exits', but 'server' has nothing to run, expected one of the nodes that run something: client")]
    [InlineData(Head + "until: 10\nlinks: [{ between: [client, server] }]", "lab.yaml:2:8: found '10', expected a unit after the number: ns, us, ms, s, min or h")]
    [InlineData(Head + "until: later\nlinks: [{ between: [client, server] }]", "lab.yaml:2:8: found 'later', expected 'NODE exits', 'all exit', or a time such as 10s")]
    [InlineData("nodes: { a: {} }", "lab.yaml:1:1: found no node with something to run, expected 'run:' or 'program:' on a node that exits, or a time in 'until:'")]
    // The document.
    [InlineData("", "lab.yaml:1:1: found no node, expected at least one under 'nodes:'")]
    [InlineData("nodes: { a: [b }", "lab.yaml:1:16: found what is not YAML (While parsing a flow sequence, did not find expected ',' or ']'), expected a YAML document")]
    [InlineData("nodes: { a: { run: x } }\n---\nnodes: {}", "lab.yaml:2:1: found a second document, expected one lab in a file")]
    [InlineData("nodes: { a: *b }", "lab.yaml:1:13: found alias '*b', expected the name of an anchor above it")]
    [InlineData("[a]", "lab.yaml:1:1: found a list, expected a mapping that describes a lab")]
    public void A_mistake_and_its_message(string text, string expected) =>
        Assert.Equal(expected, LabFile.Parse(text, "lab.yaml").Diagnostics.FirstOrDefault(d => !d.IsWarning)?.ToString());

    [Fact]
    public void All_mistakes_are_reported_in_the_order_of_the_file()
    {
        LabFileResult result = LabFile.Parse("""
            sede: 4
            nodes:
              client: { memory: 64MB, run: ping server, address: 10.0.0.2/24 }
              server: { kind: linx, address: 10.0.0.2/24 }
            links:
              - between: [client, sever]
                delay: 5
              - between: [client, server]
                delay: 5mss
            until: clint exits
            """, "lab.yaml");
        Assert.Null(result.Lab);
        Assert.Equal([(1, 1), (3, 21), (4, 19), (4, 34), (6, 23), (7, 12), (9, 12), (10, 8)], result.Diagnostics.Select(d => (d.Line, d.Column)));
    }

    [Theory]
    [InlineData("nodes: { a: { run: x }, b: {} }", "lab.yaml:1:10: warning: found node 'a' on no link or segment, expected a way to reach the others")]
    [InlineData("nodes: { a: { run: x } }\nsegments: { lan: { nodes: all } }", "lab.yaml:2:13: warning: found segment 'lan' with one node, expected at least two")]
    [InlineData("nodes: { a: { run: x, address: 10.0.0.1/24 }, b: { address: 10.0.1.1/24 } }\nlinks: [{ between: [a, b] }]", "lab.yaml:1:61: warning: found address 10.0.1.1/24 on 'a-b', expected one in 10.0.0.0/24, as the others there have")]
    public void A_remark_that_does_not_stop_a_run(string text, string expected)
    {
        LabFileResult result = LabFile.Parse(text, "lab.yaml");
        Assert.NotNull(result.Lab);
        Assert.Equal(expected, result.Diagnostics[0].ToString());
    }

    [Fact]
    public void A_lab_alone_needs_no_network() =>
        Assert.Empty(LabFile.Parse("nodes: { a: { run: x } }", "lab.yaml").Diagnostics);

    [Fact]
    public void Documents_that_grow_without_end_are_refused()
    {
        string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + string.Concat(Enumerable.Range('b', 8)
            .Select(c => $"{(char)c}: &{(char)c} [{string.Join(", ", Enumerable.Repeat($"*{(char)(c - 1)}", 10))}]\n"));
        Assert.Contains("more than 1000000 values", Assert.Single(LabFile.Parse(bomb, "lab.yaml").Diagnostics).Found, StringComparison.Ordinal);
        string deep = new string('[', 10_000) + new string(']', 10_000);
        Assert.Contains("levels of nesting", Assert.Single(LabFile.Parse(deep, "lab.yaml").Diagnostics).Found, StringComparison.Ordinal);
        string deepByAlias = string.Concat(Enumerable.Range(0, 40).Select(i => $"a{i}: &a{i} [{(i == 0 ? "x" : $"*a{i - 1}")}]\n"));
        Assert.Contains("levels of nesting", Assert.Single(LabFile.Parse(deepByAlias, "lab.yaml").Diagnostics).Found, StringComparison.Ordinal);
    }

    /// <summary>Lines of labs, whole and broken, in any order: whatever comes in, there is a lab or an error.</summary>
    [Fact]
    public void Any_text_has_an_answer()
    {
        string[] pieces =
        [
            "nodes:", "  a: { run: x }", "  b: {}", "  c:", "    kind: machine", "links:", "- between: [a, b]", "- between: [a.eth1, c]", "  delay: 5ms",
            "segments:", "  lan: { nodes: all }", "until: a exits", "until: 5s", "capture: [a-b]", "capture: on", "- name: m1", "  addr: 10.0.0.1",
            "net: { delay: 5 }", "calendar: { memory: off }", "  - *x", "&x", "{", "]", ": :", "\t", "seed: 99999999999999999999", "address: 1.2.3.4/33", "!!int 3", "? [a]", "<<: *x",
        ];
        Gen<string> text = Gen.ListOf(Gen.Elements(pieces)).Select(lines => string.Join('\n', lines));
        Prop.ForAll(text.ToArbitrary(), lab =>
        {
            LabFileResult result = LabFile.Parse(lab, "lab.yaml", LabText.Set("calendar.memory=off", "links.0.delay=1ms", "nodes.a.memory=32M"));
            return result.Lab is not null != result.Diagnostics.Any(d => !d.IsWarning);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }
}
