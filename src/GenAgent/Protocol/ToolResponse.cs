using GenAgent.Dialects;
using Microsoft.Extensions.AI;

namespace GenAgent.Protocol;

/// <summary>A tool's result as the model sees it: a user turn, because the tool role cannot hold images in the common APIs.</summary>
public static class ToolResponse
{
    /// <summary>The text before a tool's result, in the default dialect.</summary>
    public static string Before => Dialect.Default.ResponseOpen;

    /// <summary>The text after a tool's result, in the default dialect.</summary>
    public static string After => Dialect.Default.ResponseClose;

    /// <summary>The turn that shows an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="dialect">The dialect; null for the default.</param>
    /// <returns>A user turn with the image.</returns>
    public static ChatMessage Show(DataContent image, Dialect? dialect = null) =>
        new(ChatRole.User, [new TextContent(Of(dialect).ResponseOpen), image, new TextContent(Of(dialect).ResponseClose)]);

    /// <summary>The turn that reports a fault.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="dialect">How agent and model talk; null for the default.</param>
    /// <returns>A user turn.</returns>
    public static ChatMessage Report(string error, Dialect? dialect = null) => new(ChatRole.User, ReportText(error, dialect));

    /// <summary>The turn with a tool's text.</summary>
    internal static ChatMessage Tell(string text, Dialect? dialect = null) => new(ChatRole.User, ShowText(text, dialect));

    /// <summary>The text of the turn that says what went wrong.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="dialect">How agent and model talk; null for the default.</param>
    /// <returns>The text.</returns>
    public static string ReportText(string error, Dialect? dialect = null) => ShowText($"error: {error}", dialect);

    /// <summary>The text of the turn that shows an image, with <paramref name="placeholder"/> where the image stands; or gives a tool's text.</summary>
    /// <param name="placeholder">Stands for the image, or the text of the tool.</param>
    /// <param name="dialect">The dialect; null for the default.</param>
    /// <returns>The text.</returns>
    public static string ShowText(string placeholder, Dialect? dialect = null) => Of(dialect).ResponseOpen + placeholder + Of(dialect).ResponseClose;

    private static Dialect Of(Dialect? dialect) => dialect ?? Dialect.Default;
}
