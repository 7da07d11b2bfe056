using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orrery.Lab.Files;

/// <summary>
/// Reads a YAML document (YAML 1.2) into a <see cref="LabValue"/> tree, within limits: a lab file may come from anywhere.
/// </summary>
internal static class LabTreeReader
{
    /// <summary>Bytes of a file.</summary>
    public const int FileSizeMax = 4 << 20;

    /// <summary>Levels of nesting; a lab needs six.</summary>
    public const int DepthMax = 32;

    /// <summary>Values of a document with its aliases written out.</summary>
    public const int CountMax = 1_000_000;

    /// <summary>The tree of <paramref name="text"/>; null, with one diagnostic, when it is not YAML or exceeds a limit.</summary>
    /// <param name="file">The name that places carry.</param>
    /// <param name="fixedPlace">For overrides: places have no line.</param>
    public static LabValue? Read(string text, string file, List<LabDiagnostic> diagnostics, bool fixedPlace = false)
    {
        var builder = new Builder(file, fixedPlace, diagnostics);
        try
        {
            return builder.Document(new Parser(new StringReader(text)));
        }
        catch (UnreadableException unreadable)
        {
            diagnostics.Add(unreadable.Diagnostic);
        }
        catch (YamlException error)
        {
            diagnostics.Add(NotYaml(builder.At(error.Start), error.InnerException?.Message ?? error.Message));
        }
        catch (InvalidOperationException error)
        {
            // The library's scanner fails so on some texts ("- a\n{\nb:").
            diagnostics.Add(NotYaml(builder.Last, error.Message));
        }

        return null;
    }

    private static LabDiagnostic NotYaml(Place place, string message) => place.Error($"what is not YAML ({FirstLine(message)})", "a YAML document");

    /// <summary>The library's message without its own copy of the place.</summary>
    private static string FirstLine(string message)
    {
        int place = message.IndexOf("): ", StringComparison.Ordinal);
        string rest = message.StartsWith('(') && place >= 0 ? message[(place + 3)..] : message;
        return rest.Split('\n')[0].TrimEnd('.', ' ', '\r');
    }

    /// <summary>Ends the reading of a document that exceeds a limit or makes no sense; never leaves this file.</summary>
    private sealed class UnreadableException(LabDiagnostic diagnostic) : Exception
    {
        public LabDiagnostic Diagnostic { get; } = diagnostic;
    }

    private sealed class Builder(string file, bool fixedPlace, List<LabDiagnostic> diagnostics)
    {
        private readonly Dictionary<AnchorName, LabValue> _anchors = [];
        private int _count;

        /// <summary>Where the value begins that is being read.</summary>
        public Place Last { get; private set; } = fixedPlace ? new Place(file, 0, 0) : new Place(file, 1, 1);

        public Place At(Mark mark) => fixedPlace ? new Place(file, 0, 0) : new Place(file, (int)mark.Line, (int)mark.Column);

        public LabValue Document(IParser parser)
        {
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                return new LabScalar(At(new Mark(0, 1, 1)), "", IsPlain: true);
            }

            LabValue value = Value(parser, 1);
            parser.Consume<DocumentEnd>();
            if (parser.TryConsume<DocumentStart>(out var second))
            {
                throw new UnreadableException(At(second.Start).Error("a second document", "one lab in a file"));
            }

            return value;
        }

        private LabValue Value(IParser parser, int depth)
        {
            ParsingEvent current = parser.Current!;
            Place place = Last = At(current.Start);
            if (depth > DepthMax)
            {
                throw new UnreadableException(place.Error($"more than {DepthMax} levels of nesting", "fewer"));
            }

            LabValue value;
            switch (current)
            {
                case AnchorAlias alias:
                    parser.MoveNext();
                    if (!_anchors.TryGetValue(alias.Value, out LabValue? known))
                    {
                        throw new UnreadableException(place.Error($"alias '*{alias.Value}'", "the name of an anchor above it"));
                    }

                    if (depth + known.Depth - 1 > DepthMax)
                    {
                        throw new UnreadableException(place.Error($"more than {DepthMax} levels of nesting", "fewer"));
                    }

                    Count(known.Count, place);
                    return known;
                case Scalar scalar:
                    parser.MoveNext();
                    Count(1, place);
                    value = new LabScalar(place, scalar.Value, scalar.Style == ScalarStyle.Plain);
                    break;
                case SequenceStart:
                    value = Sequence(parser, depth, place);
                    break;
                default:
                    value = Mapping(parser, depth, place);
                    break;
            }

            if (current is NodeEvent { Anchor.IsEmpty: false } node)
            {
                _anchors[node.Anchor] = value;
            }

            return value;
        }

        private LabSequence Sequence(IParser parser, int depth, Place place)
        {
            parser.Consume<SequenceStart>();
            Count(1, place);
            var items = ImmutableArray.CreateBuilder<LabValue>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(Value(parser, depth + 1));
            }

            return new LabSequence(place, items.DrainToImmutable());
        }

        private LabMapping Mapping(IParser parser, int depth, Place place)
        {
            parser.Consume<MappingStart>();
            Count(1, place);
            var entries = ImmutableArray.CreateBuilder<LabEntry>();
            var names = new HashSet<string>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                Place at = At(parser.Current!.Start);
                if (!parser.TryConsume<Scalar>(out var name))
                {
                    throw new UnreadableException(at.Error("a key that is a list or a mapping", "a word"));
                }

                Count(1, at);
                LabValue value = Value(parser, depth + 1);
                if (names.Add(name.Value))
                {
                    entries.Add(new LabEntry(name.Value, at, value));
                }
                else
                {
                    diagnostics.Add(at.Error($"'{name.Value}' a second time", "each key once"));
                }
            }

            return new LabMapping(place, entries.DrainToImmutable());
        }

        private void Count(int values, Place place)
        {
            _count += values;
            if (_count > CountMax)
            {
                throw new UnreadableException(place.Error($"more than {CountMax} values, aliases written out", "fewer"));
            }
        }
    }
}
