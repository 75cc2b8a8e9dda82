using GenAgent.Protocol;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents.Loop;

/// <summary>A complete turn of the model.</summary>
/// <param name="Parsed">What it means.</param>
/// <param name="Text">What the model wrote, with the closing tag of a call that the backend stopped at.</param>
/// <param name="Messages">The messages as the history keeps them: as the chat client returned them, except for that tag.</param>
/// <param name="Tokens">What it cost.</param>
internal sealed record ModelTurn(ParsedTurn Parsed, string Text, IList<ChatMessage> Messages, TokenUsage Tokens)
{
    public TokenTrace? Trace { get; init; }

    /// <summary>The exact model that answered, if the backend reports it.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>Whether the backend's content filter ended the turn.</summary>
    public bool Refused { get; init; }
}
