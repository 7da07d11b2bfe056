namespace Orrery.Interrupts.Gic.V3.Its;

/// <content>The queue of commands.</content>
public sealed partial class InterruptTranslationService
{
    private const ulong QueueAddressMask = 0x000F_FFFF_FFFF_F000;
    private const ulong PageSize = 0x1000;

    /// <summary>The size of the queue: 1 to 256 pages of 4 KiB.</summary>
    private ulong CommandBytes => ((_commandBase & 0xFF) + 1) * PageSize;

    /// <summary>Executes what lies between GITS_CREADR and GITS_CWRITER; a command that fails is skipped.</summary>
    private void ProcessCommands()
    {
        Span<byte> bytes = stackalloc byte[ItsCommand.Size];
        while (_enabled && _commandRead != _commandWrite)
        {
            ItsCommand command = default;
            var error = ItsErrorKind.Unreadable;
            if (_memory.TryRead((_commandBase & QueueAddressMask) + _commandRead, bytes))
            {
                command = ItsCommand.Decode(bytes);
                error = Execute(command);
            }

            if (error != ItsErrorKind.None)
            {
                LastError = new ItsError(error, command, (uint)_commandRead);
                ErrorCount++;
            }

            _commandRead = (_commandRead + ItsCommand.Size) % CommandBytes;
        }
    }

    private ItsErrorKind Execute(ItsCommand command)
    {
        switch (command.Kind)
        {
            case ItsCommandKind.Synchronize:
                return ItsErrorKind.None;
            case ItsCommandKind.MapDevice:
                return MapDevice(command);
            case ItsCommandKind.MapCollection:
                return MapCollection(command);
            case ItsCommandKind.MapEvent:
                return MapEvent(command, command.Lpi);
            case ItsCommandKind.MapEventAsLpi:
                return MapEvent(command, command.Event);
            case ItsCommandKind.InvalidateAll:
                return InvalidateAll(command);
            case ItsCommandKind.MoveAll:
                return MoveAll(command);
            case ItsCommandKind.MoveInterrupt or ItsCommandKind.Interrupt or ItsCommandKind.Clear
                or ItsCommandKind.Invalidate or ItsCommandKind.Discard:
                return WithEvent(command);
            default:
                return ItsErrorKind.UnknownCommand;
        }
    }

    /// <summary>Mapping a device again forgets its events.</summary>
    private ItsErrorKind MapDevice(ItsCommand command)
    {
        if (!HasEntry(0, command.Device))
        {
            return ItsErrorKind.DeviceOutOfRange;
        }

        if (command.IsValid && command.EventBits > EventBits)
        {
            return ItsErrorKind.EventBitsOutOfRange;
        }

        UnmapDevice(command.Device);
        if (command.IsValid)
        {
            _map.Devices[command.Device] = new ItsDevice(command.Table, command.EventBits);
        }

        return ItsErrorKind.None;
    }

    private ItsErrorKind MapCollection(ItsCommand command)
    {
        if (!HasEntry(1, command.Collection))
        {
            return ItsErrorKind.CollectionOutOfRange;
        }

        if (!command.IsValid)
        {
            UnmapCollection(command.Collection);
            return ItsErrorKind.None;
        }

        if (command.Target >= (uint)_cpuCount)
        {
            return ItsErrorKind.BadTarget;
        }

        _map.Collections[command.Collection] = (int)command.Target;
        foreach (uint lpi in _map.LpisOf(command.Collection))
        {
            _lpis.Move(lpi, (int)command.Target);
        }

        return ItsErrorKind.None;
    }

    private ItsErrorKind MapEvent(ItsCommand command, uint lpi)
    {
        if (!_map.Devices.TryGetValue(command.Device, out ItsDevice? device))
        {
            return ItsErrorKind.UnmappedDevice;
        }

        if (command.Event >= 1UL << device.EventBits)
        {
            return ItsErrorKind.UnmappedEvent;
        }

        if (!HasEntry(1, command.Collection))
        {
            return ItsErrorKind.CollectionOutOfRange;
        }

        if (!LpiTable.IsLpi(lpi))
        {
            return ItsErrorKind.BadLpi;
        }

        // As in KVM, an event that is mapped stays as it is.
        if (device.Events.ContainsKey(command.Event))
        {
            return ItsErrorKind.None;
        }

        if (_lpis.IsMapped(lpi))
        {
            return ItsErrorKind.BadLpi;
        }

        device.Events[command.Event] = (lpi, command.Collection);
        _lpis.Map(lpi, _map.CpuOf(command.Collection));
        return ItsErrorKind.None;
    }

    private ItsErrorKind InvalidateAll(ItsCommand command)
    {
        int cpu = _map.CpuOf(command.Collection);
        if (cpu < 0)
        {
            return ItsErrorKind.UnmappedCollection;
        }

        _lpis.InvalidateAll(cpu);
        return ItsErrorKind.None;
    }

    private ItsErrorKind MoveAll(ItsCommand command)
    {
        if (command.Target >= (uint)_cpuCount || command.Target2 >= (uint)_cpuCount)
        {
            return ItsErrorKind.BadTarget;
        }

        _lpis.MoveAll((int)command.Target, (int)command.Target2);
        return ItsErrorKind.None;
    }

    /// <summary>The commands about one event that is mapped.</summary>
    private ItsErrorKind WithEvent(ItsCommand command)
    {
        if (!_map.Devices.TryGetValue(command.Device, out ItsDevice? device))
        {
            return ItsErrorKind.UnmappedDevice;
        }

        if (!device.Events.TryGetValue(command.Event, out (uint Lpi, ushort Collection) target))
        {
            return ItsErrorKind.UnmappedEvent;
        }

        if (command.Kind != ItsCommandKind.Discard && _map.CpuOf(target.Collection) < 0)
        {
            return ItsErrorKind.UnmappedCollection;
        }

        switch (command.Kind)
        {
            case ItsCommandKind.Interrupt:
                _lpis.Trigger(target.Lpi);
                break;
            case ItsCommandKind.Clear:
                _lpis.ClearPending(target.Lpi);
                break;
            case ItsCommandKind.Invalidate:
                _lpis.Invalidate(target.Lpi);
                break;
            case ItsCommandKind.Discard:
                device.Events.Remove(command.Event);
                _lpis.Unmap(target.Lpi);
                break;
            default:
                int cpu = _map.CpuOf(command.Collection);
                if (cpu < 0)
                {
                    return ItsErrorKind.UnmappedCollection;
                }

                device.Events[command.Event] = (target.Lpi, command.Collection);
                _lpis.Move(target.Lpi, cpu);
                break;
        }

        return ItsErrorKind.None;
    }

    private void UnmapDevice(uint number)
    {
        if (_map.Devices.Remove(number, out ItsDevice? device))
        {
            foreach ((uint lpi, _) in device.Events.Values)
            {
                _lpis.Unmap(lpi);
            }
        }
    }

    /// <summary>The events of the collection stay; their LPIs are for nobody until it is mapped again.</summary>
    private void UnmapCollection(ushort number)
    {
        _map.Collections.Remove(number);
        foreach (uint lpi in _map.LpisOf(number))
        {
            _lpis.Move(lpi, -1);
        }
    }
}
