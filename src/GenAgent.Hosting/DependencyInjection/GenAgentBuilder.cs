using GenAgent.Hosting.Composition;
using GenAgent.Models;
using GenAgent.Tools;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Hosting.DependencyInjection;

/// <summary>Configures an agent that <see cref="GenAgentServiceCollectionExtensions"/> added.</summary>
public sealed class GenAgentBuilder
{
    internal GenAgentBuilder(IServiceCollection services, string name) => (Services, Name) = (services, name);

    /// <summary>The services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The key of the agent's services and the name of its options; empty for the agent without a key.</summary>
    public string Name { get; }

    /// <summary>Changes the options, after the configuration is bound.</summary>
    /// <param name="configure">Changes them.</param>
    /// <returns>The same builder.</returns>
    public GenAgentBuilder Configure(Action<GenAgentOptions> configure)
    {
        Services.Configure(Name, configure);
        return this;
    }

    /// <summary>Gives this agent a tool, such as a function of your own (<see cref="AgentTool.Function"/>).</summary>
    /// <param name="tool">The tool; it stays yours.</param>
    /// <returns>The same builder.</returns>
    public GenAgentBuilder AddTool(AgentTool tool)
    {
        ArgumentNullException.ThrowIfNull(tool);
        Services.AddSingleton(new ToolAddition(Name, tool));
        return this;
    }

    /// <summary>Adds kinds of backends, such as <c>AddMicroWorld</c> of GenAgent.Micro, for all agents of these services.</summary>
    /// <param name="add">Adds them to the registry.</param>
    /// <returns>The same builder.</returns>
    public GenAgentBuilder AddBackends(Action<BackendRegistry> add)
    {
        ArgumentNullException.ThrowIfNull(add);
        Services.AddSingleton(new BackendAddition(add));
        return this;
    }
}

/// <summary>A tool that a program gives to an agent.</summary>
/// <param name="Agent">The agent's key.</param>
/// <param name="Tool">The tool.</param>
internal sealed record ToolAddition(string Agent, AgentTool Tool);

/// <summary>Kinds of backends that a program adds.</summary>
/// <param name="Add">Adds them to the registry.</param>
internal sealed record BackendAddition(Action<BackendRegistry> Add);
