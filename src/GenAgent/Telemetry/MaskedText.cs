namespace GenAgent.Telemetry;

/// <summary>Blots known secrets out of text that streams in: what may be the beginning of one is held back until the rest shows.</summary>
internal sealed class MaskedText(SecretMask mask)
{
    private string _held = string.Empty;

    /// <summary>Takes the next piece, and returns what may be shown now.</summary>
    public string Append(string piece)
    {
        var text = mask.MaskValues(_held + piece);
        var open = mask.OpenTail(text);
        _held = text[^open..];
        return text[..^open];
    }

    /// <summary>Returns what was held back: no more is coming.</summary>
    public string End()
    {
        var rest = _held;
        _held = string.Empty;
        return rest;
    }
}
