using System.Net;
using Orrery.Network;

namespace Orrery.Machines.Stack;

/// <content>The stack saved and restored, between two events of its machine.</content>
public sealed partial class NetworkStack
{
    /// <summary>Everything the stack holds, as plain values.</summary>
    internal StackState Save() => new(
        _timerAt, _ipv4Identification, DroppedFrames,
        [.. _neighbors.Ordered.Select(neighbor => new NeighborState(
            neighbor.Interface, neighbor.Address.ToString(), neighbor.Mac?.ToString(), neighbor.ConfirmedAt, neighbor.Requests,
            neighbor.RetryAt, [.. neighbor.Waiting]))]);

    /// <summary>Takes the place of the stack that was saved; this one has done nothing yet.</summary>
    /// <returns>What is wrong with <paramref name="state"/>, which is not trusted; null when nothing is.</returns>
    internal string? Restore(StackState state)
    {
        (_timerAt, _ipv4Identification, DroppedFrames) = (state.TimerNanoseconds, state.NextIdentification, state.DroppedFrames);
        if (state.Neighbors.Count > NeighborTable.EntriesMax)
        {
            return $"neighbors: {state.Neighbors.Count} are more than {NeighborTable.EntriesMax}";
        }

        for (int i = 0; i < state.Neighbors.Count; i++)
        {
            if (Restore(state.Neighbors[i]) is { } problem)
            {
                return $"neighbors[{i}]: {problem}";
            }
        }

        return null;
    }

    private string? Restore(NeighborState saved)
    {
        if (saved.Interface < 0 || saved.Interface >= Interfaces.Count)
        {
            return $"there is no interface {saved.Interface}";
        }

        if (!IPAddress.TryParse(saved.Address, out IPAddress? parsed))
        {
            return $"'{saved.Address}' is no address";
        }

        MacAddress mac = default;
        if (saved.Mac is not null && (!MacAddress.TryParse(saved.Mac, out mac) || mac.IsMulticast))
        {
            return $"'{saved.Mac}' is no Ethernet address of one station";
        }

        if (saved.Requests is < 0 or > NeighborTable.RequestsMax)
        {
            return $"{saved.Requests} requests are not 0 to {NeighborTable.RequestsMax}";
        }

        if (saved.Waiting.Count > NeighborTable.WaitingPacketsMax
            || saved.Waiting.Any(frame => frame.Length < Wire.EthernetBytes || frame.Length > _frame.Length))
        {
            return $"the frames that wait are not at most {NeighborTable.WaitingPacketsMax} of {Wire.EthernetBytes} to {_frame.Length} bytes";
        }

        IpAddress address = IpAddress.From(parsed);
        if (_neighbors.TryGet(saved.Interface, address, out _))
        {
            return $"{address} is there twice";
        }

        Neighbor neighbor = _neighbors.Add(saved.Interface, address, saved.ConfirmedNanoseconds);
        neighbor.Mac = saved.Mac is null ? null : mac;
        neighbor.Requests = saved.Requests;
        neighbor.RetryAt = saved.RetryNanoseconds;
        foreach (byte[] frame in saved.Waiting)
        {
            neighbor.Waiting.Enqueue(frame);
        }

        return null;
    }
}
