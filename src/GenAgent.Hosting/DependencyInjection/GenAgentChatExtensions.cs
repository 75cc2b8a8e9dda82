using GenAgent.Agents;
using GenAgent.Hosting.DependencyInjection;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers image agents as the types of other frameworks.</summary>
public static class GenAgentChatExtensions
{
    /// <summary>Registers the builder's agent as <see cref="AIAgent"/> too, under the same key.</summary>
    /// <param name="builder">The agent's builder.</param>
    /// <param name="name">Its name among other agents; null for its key, or <c>genagent</c> without one.</param>
    /// <param name="description">What it is good for; null for the default.</param>
    /// <returns>The same builder.</returns>
    public static GenAgentBuilder AddAIAgent(this GenAgentBuilder builder, string? name = null, string? description = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var key = builder.Name;
        var shown = name ?? (key.Length > 0 ? key : ImageAgentExtensions.DefaultName);
        return Register<AIAgent>(builder, agent => agent.AsAIAgent(shown, description));
    }

    /// <summary>
    /// Registers the builder's agent as <see cref="IChatClient"/> too, under the same key. Leave it out where <see cref="IChatClient"/> is another model of
    /// the program.
    /// </summary>
    /// <param name="builder">The agent's builder.</param>
    /// <returns>The same builder.</returns>
    public static GenAgentBuilder AddChatClient(this GenAgentBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return Register(builder, agent => agent.AsChatClient());
    }

    private static GenAgentBuilder Register<TService>(GenAgentBuilder builder, Func<ImageAgent, TService> make)
        where TService : class
    {
        if (builder.Name.Length == 0)
        {
            builder.Services.TryAddSingleton(provider => make(provider.GetRequiredService<ImageAgent>()));
        }
        else
        {
            builder.Services.AddKeyedSingleton(builder.Name, (provider, key) => make(provider.GetRequiredKeyedService<ImageAgent>(key)));
        }

        return builder;
    }
}
