namespace GenAgent.Protocol;

/// <summary>A tag of the protocol, exactly as it is written.</summary>
/// <param name="Text">For instance <c>&lt;/think&gt;</c>.</param>
/// <param name="Section">The section that it opens or closes; null for the tool's response, which the model must not write.</param>
/// <param name="Closes">Whether it closes.</param>
internal sealed record ProtocolTag(string Text, TurnSection? Section, bool Closes)
{
    public const string ToolResponseOpen = "<tool_response>";
    public const string ToolResponseClose = "</tool_response>";

    private const string SecondLetters = "/jta";

    private static readonly ProtocolTag[] All =
    [
        new("<judge>", TurnSection.Judgment, Closes: false),
        new("</judge>", TurnSection.Judgment, Closes: true),
        new("<think>", TurnSection.Thought, Closes: false),
        new("</think>", TurnSection.Thought, Closes: true),
        new("<tool_call>", TurnSection.Call, Closes: false),
        new("</tool_call>", TurnSection.Call, Closes: true),
        new("<answer>", TurnSection.Answer, Closes: false),
        new("</answer>", TurnSection.Answer, Closes: true),
        new(ToolResponseOpen, null, Closes: false),
        new(ToolResponseClose, null, Closes: true),
    ];

    public static string Open(TurnSection section) => All[(int)section * 2].Text;

    public static string Close(TurnSection section) => All[((int)section * 2) + 1].Text;

    /// <summary>Reads the tag that <paramref name="text"/> begins with, or says whether more text could make it one.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out ProtocolTag tag, out bool couldBecomeTag)
    {
        couldBecomeTag = false;
        tag = All[0];
        if (text.Length > 1 && !SecondLetters.Contains(text[1]))
        {
            return false;
        }

        foreach (var candidate in All)
        {
            if (text.StartsWith(candidate.Text, StringComparison.Ordinal))
            {
                tag = candidate;
                return true;
            }

            couldBecomeTag |= candidate.Text.AsSpan().StartsWith(text, StringComparison.Ordinal);
        }

        return false;
    }
}
