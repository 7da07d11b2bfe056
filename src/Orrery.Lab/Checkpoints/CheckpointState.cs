using Orrery.Lab.Files;
using Orrery.Lab.Records;
using Orrery.Lab.Running;
using Orrery.Machines;
using Orrery.Network;
using Orrery.Simulation;

namespace Orrery.Lab.Checkpoints;

/// <summary>
/// A lab in the middle of its run: the lab itself, and everything that the run holds at one instant. Plain values; the
/// content of a checkpoint (docs/checkpoints.md).
/// </summary>
/// <param name="Format"><see cref="CheckpointFile.Format"/>.</param>
/// <param name="Version"><see cref="CheckpointFile.Version"/>.</param>
/// <param name="Lab">What is run. Resuming needs no other file.</param>
/// <param name="Simulation">Time, pending events, random streams.</param>
/// <param name="Networks">Frames on their way, and what switches have learned.</param>
/// <param name="Nodes">The nodes, in the order of the lab file.</param>
/// <param name="Digest">The hashes of what has happened.</param>
/// <param name="Output">What the nodes' programs have written, so that the resumed run's files are whole.</param>
public sealed record CheckpointState(
    string Format,
    int Version,
    LabSource Lab,
    SimulationState Simulation,
    FabricState Networks,
    IReadOnlyList<NodeRunState> Nodes,
    DigestState Digest,
    IReadOnlyList<OutputState> Output);

/// <summary>A node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Life">Where it stands.</param>
/// <param name="Machine">The machine.</param>
public sealed record NodeRunState(string Name, LifeState Life, MachineState Machine);

/// <summary>Where a node stands.</summary>
/// <param name="State">Its state.</param>
/// <param name="ExitCode">The exit status of its program; null when it has not ended.</param>
/// <param name="StartedNanoseconds">When it began; null when it has not.</param>
/// <param name="EndedNanoseconds">When it ended; null when it has not.</param>
public sealed record LifeState(NodeState State, int? ExitCode, ulong? StartedNanoseconds, ulong? EndedNanoseconds);

/// <summary>The hashes of a run.</summary>
/// <param name="Second">The simulated second that the trail has not been written of yet.</param>
/// <param name="Streams">Each stream's.</param>
public sealed record DigestState(ulong Second, IReadOnlyList<DigestStreamState> Streams);

/// <summary>The hash of one stream of a run.</summary>
/// <param name="Source">The origin of its records.</param>
/// <param name="Kind">Their kind.</param>
/// <param name="Length">Bytes hashed so far.</param>
/// <param name="Fresh">What was counted in this second.</param>
/// <param name="Block">The hash of all blocks before, and the bytes of the one that is not full.</param>
public sealed record DigestStreamState(uint Source, RecordKind Kind, ulong Length, ulong Fresh, byte[] Block);

/// <summary>What a node's program has written so far.</summary>
/// <param name="Source">The origin of its records.</param>
/// <param name="Omitted">Bytes before <paramref name="Bytes"/> that were not saved.</param>
/// <param name="Bytes">The end of it.</param>
public sealed record OutputState(uint Source, long Omitted, byte[] Bytes);
