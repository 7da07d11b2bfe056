namespace Orrery.Virtio;

/// <content>The requests about one ring: its set-up, its suspension, its kicks.</content>
public sealed partial class VhostUserDevice
{
    private readonly RingSetup[] _setups = new RingSetup[QueuesMax];

    /// <summary>What a ring's set-up messages have said so far.</summary>
    private struct RingSetup
    {
        internal int Size;
        internal ushort Base;
        internal RingMemory? Ring;
    }

    private Refusal? ServeRing(VhostUserRequest request, ReadOnlySpan<byte> payload)
    {
        (uint index, uint value) = VhostUserPayload.ReadVringState(payload);
        if (index >= (uint)Queues.Count)
        {
            return new(VirtioRule.RingIndex, $"request {request} for ring {index} of a device with {Queues.Count}");
        }

        VirtioQueue queue = Queues[(int)index];
        switch (request)
        {
            case VhostUserRequest.VringKick:
                Kick((int)index);
                return null;
            case VhostUserRequest.SetVringEnable:
                return EnableRing(queue, value);
        }

        if (queue.IsEnabled)
        {
            return new(VirtioRule.RingSetup, $"request {request} for ring {index}, which is enabled");
        }

        // Whatever was set up before is over; the ring is made anew when it is enabled.
        queue.TearDown();
        ref RingSetup setup = ref _setups[index];
        switch (request)
        {
            case VhostUserRequest.SetVringNum when !RingLayout.IsQueueSize(value):
                return new(VirtioRule.RingSetup, $"ring {index} with {value} entries, which is no power of two up to {RingLayout.SizeMax}");
            case VhostUserRequest.SetVringBase when value > ushort.MaxValue:
                return new(VirtioRule.RingSetup, $"ring {index} beginning at entry {value}");
            case VhostUserRequest.SetVringNum:
                setup.Size = (int)value;
                setup.Ring = null;
                return null;
            case VhostUserRequest.SetVringBase:
                setup.Base = (ushort)value;
                return null;
            default:
                // The second number of this message is its flags, all of them about a log that was not negotiated.
                return value == 0
                    ? SetRingAddress((int)index, VhostUserPayload.ReadVringAddress(payload), ref setup)
                    : new(VirtioRule.RingSetup, $"ring {index} with address flags 0x{value:x}");
        }
    }

    private Refusal? SetRingAddress(int index, RingAddresses addresses, ref RingSetup setup)
    {
        if (setup.Size == 0 || Memory is null)
        {
            return new(VirtioRule.RingSetup, $"the address of ring {index} before its size and the memory table");
        }

        if (RingMemory.Locate(Memory, addresses, setup.Size, out RingMemory ring) is string part)
        {
            return new(VirtioRule.AddressInMemory, $"ring {index} of {setup.Size} entries: its {part} is misaligned or outside guest memory");
        }

        setup.Ring = ring;
        return null;
    }

    private Refusal? EnableRing(VirtioQueue queue, uint value)
    {
        if (value == 0)
        {
            queue.Disable();
            return null;
        }

        if (value != 1)
        {
            return new(VirtioRule.RingSetup, $"ring {queue.Index} enabled with {value}");
        }

        if (_backChannel is null || (_protocolFeatures & ProtocolFeatures.Required) != ProtocolFeatures.Required)
        {
            return new(VirtioRule.RingSetup, $"ring {queue.Index} enabled before protocol features and back channel were set");
        }

        if (_setups[queue.Index].Ring is not RingMemory ring || Features == 0)
        {
            return new(VirtioRule.RingSetup, $"ring {queue.Index} enabled before its features, size and address were set");
        }

        if (!Memory!.IsBacked())
        {
            return new(VirtioRule.MemoryBacked, "the file of the guest's memory has become shorter than its table said");
        }

        if (!queue.IsSetUp)
        {
            queue.SetUp(new SplitRing(Memory, ring, (VirtioFeatures)Features, _setups[queue.Index].Base));
        }

        queue.Enable();
        return null;
    }
}
