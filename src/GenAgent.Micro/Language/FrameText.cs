namespace GenAgent.Micro.Language;

/// <summary>The left side of a frame: literal text and slots in their order. Immutable.</summary>
/// <param name="Parts">Each is a <see cref="string"/> or a <see cref="FrameSlot"/>.</param>
internal sealed record FrameText(IReadOnlyList<object> Parts)
{
    /// <summary>The slots, in order.</summary>
    public IEnumerable<FrameSlot> Slots => Parts.OfType<FrameSlot>();

    /// <summary>Whether a slot of this name is in the text.</summary>
    public bool Has(string name) => Slots.Any(slot => string.Equals(slot.Name, name, StringComparison.Ordinal));

    /// <summary>Splits a text at its braces.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fault">Makes the error for an offset within the text.</param>
    public static FrameText Parse(string text, Func<int, string, LanguageFormatException> fault)
    {
        List<object> parts = [];
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf('{', at);
            if (open < 0)
                open = text.Length;
            if (open > at)
                parts.Add(text[at..open]);
            if (open == text.Length)
                break;
            var close = text.IndexOf('}', open);
            if (close < 0)
                throw fault(open, "this brace is never closed.");
            var name = text[(open + 1)..close];
            parts.Add(FrameSlot.Parse(name) ?? throw fault(open, $"there is no slot {{{name}}}; docs/language.md lists the slots."));
            at = close + 1;
        }

        return new(parts);
    }
}
