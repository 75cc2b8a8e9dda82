using GenAgent.Dialects;
using GenAgent.Protocol;
using GenAgent.Tools;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents.Loop;

/// <summary>The start of a conversation: dialect, tools and system turn.</summary>
/// <param name="Dialect">The dialect.</param>
/// <param name="Tools">The available tools.</param>
/// <param name="SystemText">The system turn.</param>
internal sealed record AgentSpeech(Dialect Dialect, ToolSet Tools, string SystemText)
{
    /// <summary>Composes it.</summary>
    /// <exception cref="ArgumentException">The dialect has no such tool, or two tools have one name.</exception>
    public static AgentSpeech For(IChatClient model, IImageGenerator generator, IReadOnlyList<AgentTool> tools, ImageAgentOptions options, Dialect dialect)
    {
        var offered = new ToolSet(dialect, generator, tools, options);
        var instructions = options.Instructions ?? model.GetService<AgentProfile>()?.Instructions ?? dialect.Instructions;
        return new AgentSpeech(dialect, offered, SystemTurn.Render(instructions, offered.Declarations, dialect));
    }
}
