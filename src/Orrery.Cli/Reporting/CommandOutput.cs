using Orrery.Lab.Running;

namespace Orrery.Cli.Reporting;

/// <summary>Passes what the command after <c>--</c> writes on to standard output, byte for byte; without a command, nothing.</summary>
internal sealed class CommandOutput(Stream? destination)
{
    private const int CommandNode = 0;

    public void Write(NodeView node, ReadOnlySpan<byte> bytes)
    {
        if (destination is not null && node.Index == CommandNode)
        {
            destination.Write(bytes);
            destination.Flush();
        }
    }
}
