using System.Globalization;

namespace GenAgent.Micro.Language;

/// <summary>Reads a <c>.frames</c> file (docs/language.md).</summary>
internal static class FrameFile
{
    private const string Arrow = "=>";

    /// <summary>The sections, and whether their frames have a meaning.</summary>
    private static readonly Dictionary<string, bool> Sections = new(StringComparer.Ordinal)
    {
        ["np"] = true, ["sentence"] = true, ["attach"] = true, ["attach-before"] = true, ["outside"] = true,
        ["group"] = false, ["wrap"] = false, ["before"] = false, ["after"] = false,
    };

    /// <summary>Reads the frames of a file.</summary>
    /// <param name="name">The file's name for errors; its last part without the extension is the frames' topic.</param>
    /// <param name="text">What it holds.</param>
    /// <exception cref="LanguageFormatException">A line is no frame.</exception>
    public static IReadOnlyList<Frame> Parse(string name, string text)
    {
        List<Frame> frames = [];
        var topic = Path.GetFileNameWithoutExtension(name);
        string? section = null;
        var number = 0;
        foreach (var line in text.Split('\n').Select(line => line.TrimEnd('\r')))
        {
            number++;
            if (line.StartsWith('#') || string.IsNullOrWhiteSpace(line))
                continue;
            var row = number;
            if (line.StartsWith("==", StringComparison.Ordinal))
            {
                section = line[2..].Trim();
                if (!Sections.ContainsKey(section))
                    throw Fault(3, $"there is no section \"{section}\"; there are {string.Join(", ", Sections.Keys)}.");
                continue;
            }

            frames.Add(One(section ?? throw Fault(0, "a section, such as \"== np\", must come before the first frame."), line));

            LanguageFormatException Fault(int offset, string problem) => new(name, row, offset + 1, problem);

            Frame One(string of, string frame)
            {
                var source = string.Create(CultureInfo.InvariantCulture, $"{name}({row})");
                var arrow = frame.LastIndexOf(Arrow, StringComparison.Ordinal);
                if (!Sections[of])
                    return of is "group" ? Group(frame, source) : new(of, topic, Text(frame), MeaningTemplate.Nothing, 0, source);
                if (arrow < 0)
                    throw Fault(frame.Length, "a frame of this section needs a meaning: \"text => meaning\".");
                // An attached text keeps its leading space.
                var text = of is "attach" ? frame[..arrow].TrimEnd() : frame[..arrow].Trim();
                var offset = arrow + Arrow.Length;
                var meaning = new MeaningParser((at, problem) => Fault(offset + at, problem)).Parse(frame[offset..]);
                var made = new Frame(of, topic, Text(text), meaning, 0, source);
                RequireSlots(made, offset);
                return made;
            }

            FrameText Text(string part) => FrameText.Parse(part, Fault);

            Frame Group(string frame, string source)
            {
                var only = 0;
                if (frame.StartsWith('['))
                {
                    var close = frame.IndexOf(']', StringComparison.Ordinal);
                    if (close < 0 || !int.TryParse(frame.AsSpan(1, close - 1), CultureInfo.InvariantCulture, out only))
                        throw Fault(0, "the condition of a group is a number in brackets, as \"[2] a pair of {c} {ss}\".");
                    frame = frame[(close + 1)..].TrimStart();
                }

                var text = Text(frame);
                return only > 0 || text.Has("n")
                    ? new("group", topic, text, MeaningTemplate.Nothing, only, source)
                    : throw Fault(0, "a group without {n} needs its number in brackets.");
            }

            void RequireSlots(Frame frame, int offset)
            {
                var used = frame.Meaning.Groups.SelectMany(g => new[] { g.Group, g.Color, g.Shape, g.Count?.Left, g.Count?.Right }).Append(frame.Meaning.Canvas)
                    .Concat(frame.Meaning.Forbidden.SelectMany(f => new[] { f.Color, f.Shape }));
                foreach (var slot in used.OfType<string>().Where(word => word.Length is 2 or 3 && FrameSlot.Parse(word) is { Kind: not SlotKind.Size }))
                {
                    if (!frame.Text.Has(slot))
                        throw Fault(offset, $"the meaning names {slot}, but the text has no {{{slot}}}.");
                }

                foreach (var slot in frame.Text.Slots.Where(
                    s => s.Kind is SlotKind.Group && frame.Meaning.Decline is null && !frame.Meaning.Revoked.Contains(s.Name, StringComparer.Ordinal)))
                {
                    if (!frame.Meaning.Groups.Any(g => string.Equals(g.Group, slot.Name, StringComparison.Ordinal)))
                        throw Fault(0, $"the text has {slot}, but the meaning does not use it; if the text takes it back, write \"revoked {slot.Name}\".");
                }
            }
        }

        return frames;
    }
}
