namespace GenAgent.Telemetry;

/// <summary>Masks known secrets in streamed text: text that may begin a secret is held back until it is decided.</summary>
internal sealed class MaskedText(SecretMask mask)
{
    private string _held = string.Empty;

    /// <summary>Takes the next piece, and returns the text that may be shown.</summary>
    public string Append(string piece)
    {
        var text = mask.MaskValues(_held + piece);
        var open = mask.OpenTail(text);
        _held = text[^open..];
        return text[..^open];
    }

    /// <summary>Returns the remaining text at the end.</summary>
    public string End()
    {
        var rest = _held;
        _held = string.Empty;
        return rest;
    }
}
