using GenAgent.Agents;
using GenAgent.Tools;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.AI;

/// <summary>Puts the agent into Microsoft's pipelines of image generators.</summary>
public static class ImageAgentBuilderExtensions
{
    /// <summary>
    /// Puts an agent before the generator: who asks for an image then gets one that the agent has looked at. What is not given here comes
    /// from the services where they have it: chat client, options, selector, logger factory, clock, and tools.
    /// </summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="chatClient">The agent's model; null for the registered one.</param>
    /// <param name="options">How the agent runs; null for the registered options, or the defaults.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">On building, when there is no chat client.</exception>
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
    /// Registers an <see cref="ImageAgent"/> over the registered chat client and a generator of its own. The generators registered as
    /// <see cref="IImageGenerator"/> stay as they are; wrong options fail when the agent is first asked for.
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
