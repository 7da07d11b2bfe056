using Orrery.Network;

namespace Orrery.Lab.Files;

/// <summary>Reads what a node of a lab file says about its interfaces.</summary>
internal sealed class InterfaceReader(List<LabDiagnostic> diagnostics)
{
    /// <summary>Interfaces of a node.</summary>
    public const int CountMax = 64;

    private const string AddressExpected = "an address with the length of its prefix, such as 10.0.0.2/24, or none";

    /// <summary>By index of the interface. <c>address:</c> on the node itself speaks of eth0.</summary>
    public Dictionary<int, InterfaceDraft> Read(Section node)
    {
        var drafts = new Dictionary<int, InterfaceDraft>();
        foreach (LabEntry entry in node.FindSection("interfaces", "interfaces by name", null)?.Entries ?? [])
        {
            if (TryParseName(entry.Name, out int index))
            {
                var section = new Section(entry.Value, "an interface", LabKeys.Interface, diagnostics);
                drafts[index] = new InterfaceDraft(entry.Place, ReadAddresses(section), ReadMac(section));
            }
            else
            {
                diagnostics.Add(entry.Place.Error($"interface '{entry.Name}'", $"eth0 to eth{CountMax - 1}"));
            }
        }

        if (node.Find("address") is { } address && ReadAddresses(node) is { } addresses)
        {
            if (drafts.GetValueOrDefault(0)?.Addresses is not null)
            {
                diagnostics.Add(address.Place.Error("a second 'address' for eth0", "one"));
            }
            else
            {
                drafts[0] = new InterfaceDraft(address.Place, addresses, drafts.GetValueOrDefault(0)?.Mac);
            }
        }

        return drafts;
    }

    /// <summary>Reads <c>eth0</c>, <c>eth1</c> …</summary>
    public static bool TryParseName(string name, out int index)
    {
        index = 0;
        return name.StartsWith("eth", StringComparison.Ordinal) && int.TryParse(name.AsSpan(3), out index)
            && index is >= 0 and < CountMax && name == $"eth{index}";
    }

    private static List<PlacedAddress>? ReadAddresses(Section section)
    {
        if (section.Find("address") is null)
        {
            return null;
        }

        LabScalar[] texts = [.. section.Texts("address", AddressExpected)];
        var addresses = new List<PlacedAddress>();
        foreach (LabScalar text in texts)
        {
            if (InterfaceAddress.TryParse(text.Text, out InterfaceAddress address))
            {
                addresses.Add(new PlacedAddress(address, text.Place));
            }
            else if (text.Text != "none" || texts.Length > 1)
            {
                section.Report(text, AddressExpected);
            }
        }

        return addresses;
    }

    private static PlacedMac? ReadMac(Section section)
    {
        const string expected = "the MAC of one station, such as 02:00:00:01:00:00";
        LabScalar? text = section.Scalar("mac", expected);
        if (text is null)
        {
            return null;
        }

        if (MacAddress.TryParse(text.Text, out MacAddress mac) && !mac.IsMulticast && mac.Value != 0)
        {
            return new PlacedMac(mac, text.Place);
        }

        section.Report(text, expected);
        return null;
    }
}
