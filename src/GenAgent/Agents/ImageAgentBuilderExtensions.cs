using GenAgent.Agents;
using GenAgent.Tools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.AI;

/// <summary>Adds the agent to Microsoft's image generator pipelines.</summary>
public static class ImageAgentBuilderExtensions
{
    /// <summary>
    /// Adds an agent in front of the generator, so that every returned image was made and checked by the agent. Missing arguments come from the services if
    /// registered: chat client, options, selector, logger factory, clock and tools.
    /// </summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="chatClient">The agent's model; null for the registered one.</param>
    /// <param name="options">How the agent runs; null for the registered options, or the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">Thrown on building if there is no chat client.</exception>
    public static ImageGeneratorBuilder UseGenAgent(
        this ImageGeneratorBuilder builder, IChatClient? chatClient = null, ImageAgentOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new ImageAgent(
            chatClient ?? services.GetService<IChatClient>() ?? throw new InvalidOperationException(
                "UseGenAgent needs a chat client: pass one, or register one with AddChatClient."),
            inner,
            options ?? services.GetService<IOptions<ImageAgentOptions>>()?.Value,
            services.GetService<IAttemptSelector>(),
            services.GetService<ILoggerFactory>(),
            services.GetService<TimeProvider>(),
            services.GetServices<AgentTool>()));
    }

    /// <summary>
    /// Registers an <see cref="ImageAgent"/> with the registered chat client and its own generator. Generators registered as <see cref="IImageGenerator"/>
    /// are not affected; invalid options throw when the agent is first resolved.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="generator">Makes the agent's tool.</param>
    /// <param name="options">How the agent runs; null for the registered options, or the defaults.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddImageAgent(
        this IServiceCollection services, Func<IServiceProvider, IImageGenerator> generator, ImageAgentOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(generator);
        return services.AddSingleton(provider =>
            (ImageAgent)new ImageGeneratorBuilder(generator).UseGenAgent(options: options).Build(provider));
    }
}
