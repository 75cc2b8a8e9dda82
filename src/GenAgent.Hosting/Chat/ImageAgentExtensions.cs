using GenAgent.Hosting.Chat;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents;

/// <summary>Shows an image agent as the types of other frameworks.</summary>
public static class ImageAgentExtensions
{
    /// <summary>What the agent is called where nobody says.</summary>
    internal const string DefaultName = "genagent";

    /// <summary>The agent as a chat client; see <see cref="ImageAgentChatClient"/>.</summary>
    /// <param name="agent">The agent; it stays its owner's.</param>
    /// <returns>A client that runs this agent; the agent stays the caller's.</returns>
    public static IChatClient AsChatClient(this ImageAgent agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        return new ImageAgentChatClient(agent);
    }

    /// <summary>
    /// The agent as one of Microsoft's Agent Framework, with sessions that remember the conversation: each run makes the image that its last user message
    /// asks for.
    /// </summary>
    /// <param name="agent">The agent; it stays its owner's.</param>
    /// <param name="name">Its name among other agents.</param>
    /// <param name="description">What it is good for, for agents that choose among others; null for the default.</param>
    /// <returns>An agent that runs this one; this one stays the caller's.</returns>
    public static AIAgent AsAIAgent(this ImageAgent agent, string name = DefaultName, string? description = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new ChatClientAgent(agent.AsChatClient(), new ChatClientAgentOptions
        {
            Name = name,
            Description = description
                ?? "Makes and edits images: thinks, calls an image generator, looks at what comes back, and tries again until it is right.",
            UseProvidedChatClientAsIs = true,
        });
    }
}
