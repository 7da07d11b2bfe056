namespace Orrery.EndToEnd.Tests;

/// <summary>Labs in which real kernels use what could differ between runs: random numbers, TCP, ICMP, IPv6, clocks.</summary>
internal static class TrafficLabs
{
    private const string Transfer = """
              - dd if=/dev/urandom bs=16k count=8 2>/dev/null | nc server 5000
              - cat /proc/sys/kernel/random/uuid /proc/uptime /proc/interrupts
              - date -u +%s.%N
        """;

    private const string Server = """
          server:
            run:
              - mkfifo /tmp/silence
              - nc -l -p 5000 <> /tmp/silence | md5sum
        """;

    /// <summary>Two machines on a wire.</summary>
    public const string Pair = $"""
        seed: 42
        nodes:
          client:
            run:
              - ping -c 3 server
              - ping6 -c 2 fd00:0:0:1::2
        {Transfer}
        {Server}
        links:
          - between: [client, server]
            delay: 5ms
        """;

    /// <summary>One of them joins after three seconds.</summary>
    public const string Late = $"""
        seed: 42
        nodes:
          client:
            start: 3s
            run:
              - ping6 -c 2 fd00:0:0:1::2
        {Transfer}
        {Server}
        links:
          - between: [client, server]
            delay: 1ms
        """;

    /// <summary>Four machines on a switch, two pairs of which talk at once.</summary>
    public const string Switch = $"""
        seed: 42
        nodes:
          client:
            run:
        {Transfer}
        {Server}
          left:
            run: ping -c 3 right
          right:
            run: ping6 -c 3 fd00:0:0:1::1
        segments:
          lan:
            nodes: [client, server, left, right]
            delay: 1ms
        """;
}
