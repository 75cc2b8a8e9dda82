using Microsoft.Extensions.AI;

namespace GenAgent.Protocol;

/// <summary>A tool's result as the model sees it: a user turn, since the tool role holds no images in the common APIs.</summary>
public static class ToolResponse
{
    /// <summary>What stands before what the tool brought.</summary>
    public const string Before = ProtocolTag.ToolResponseOpen + "\n";

    /// <summary>What stands behind it.</summary>
    public const string After = "\n" + ProtocolTag.ToolResponseClose;

    /// <summary>The turn that shows an image.</summary>
    public static ChatMessage Show(DataContent image) =>
        new(ChatRole.User, [new TextContent(Before), image, new TextContent(After)]);

    /// <summary>The turn that says what went wrong.</summary>
    public static ChatMessage Report(string error) => new(ChatRole.User, ReportText(error));

    /// <summary>The text of the turn that says what went wrong.</summary>
    public static string ReportText(string error) => $"{Before}error: {error}{After}";

    /// <summary>The text of the turn that shows an image, with <paramref name="placeholder"/> where the image stands.</summary>
    public static string ShowText(string placeholder) => Before + placeholder + After;
}
