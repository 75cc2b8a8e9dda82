using GenAgent.Dialects;
using Microsoft.Extensions.AI;

namespace GenAgent.Protocol;

/// <summary>A tool's result as the model sees it: a user turn, since the tool role holds no images in the common APIs.</summary>
public static class ToolResponse
{
    /// <summary>What stands before what the tool brought, in the default dialect.</summary>
    public static string Before => Dialect.Default.ResponseOpen;

    /// <summary>What stands behind it, in the default dialect.</summary>
    public static string After => Dialect.Default.ResponseClose;

    /// <summary>The turn that shows an image.</summary>
    public static ChatMessage Show(DataContent image, Dialect? dialect = null) =>
        new(ChatRole.User, [new TextContent(Of(dialect).ResponseOpen), image, new TextContent(Of(dialect).ResponseClose)]);

    /// <summary>The turn that says what went wrong.</summary>
    public static ChatMessage Report(string error, Dialect? dialect = null) => new(ChatRole.User, ReportText(error, dialect));

    /// <summary>The turn that gives a tool's text.</summary>
    internal static ChatMessage Tell(string text, Dialect? dialect = null) => new(ChatRole.User, ShowText(text, dialect));

    /// <summary>The text of the turn that says what went wrong.</summary>
    public static string ReportText(string error, Dialect? dialect = null) => ShowText($"error: {error}", dialect);

    /// <summary>The text of the turn that shows an image, with <paramref name="placeholder"/> where the image stands; or gives a tool's text.</summary>
    public static string ShowText(string placeholder, Dialect? dialect = null) => Of(dialect).ResponseOpen + placeholder + Of(dialect).ResponseClose;

    private static Dialect Of(Dialect? dialect) => dialect ?? Dialect.Default;
}
