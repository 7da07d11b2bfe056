using Orrery.Simulation;

namespace Orrery.Network;

/// <summary>A wire with two ends. Made by <see cref="Fabric.AddLink"/>.</summary>
public sealed class Link
{
    internal Link(string name, Port a, Port b, SimDuration delay)
    {
        Name = name;
        A = a;
        B = b;
        Delay = delay;
        a.Wire = new Wire(a.Name, a.Timeline, b.Timeline, a.Origin, b, 0, delay);
        b.Wire = new Wire(b.Name, b.Timeline, a.Timeline, b.Origin, a, 0, delay);
    }

    /// <summary>Unique in the fabric.</summary>
    public string Name { get; }

    /// <summary>One end.</summary>
    public Port A { get; }

    /// <summary>The other end.</summary>
    public Port B { get; }

    /// <summary>From one end to the other.</summary>
    public SimDuration Delay { get; }

    public override string ToString() => Name;
}
