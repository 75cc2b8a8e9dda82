using GenAgent.Protocol;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents.Loop;

/// <summary>A turn that the model has taken.</summary>
/// <param name="Parsed">What it means.</param>
/// <param name="Text">What the model wrote, with the closing tag of a call that the backend stopped at.</param>
/// <param name="Messages">The messages as the history keeps them: as the chat client returned them, but for that tag.</param>
/// <param name="Tokens">What it cost.</param>
internal sealed record ModelTurn(ParsedTurn Parsed, string Text, IList<ChatMessage> Messages, TokenUsage Tokens)
{
    public TokenTrace? Trace { get; init; }

    /// <summary>The exact model that answered, where the backend tells.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>Whether the backend's content filter ended the turn.</summary>
    public bool Refused { get; init; }
}
