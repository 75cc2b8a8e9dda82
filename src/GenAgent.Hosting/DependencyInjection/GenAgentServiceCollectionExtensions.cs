using GenAgent.Agents;
using GenAgent.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.DependencyInjection;
using GenAgent.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds agents to the services of a program.</summary>
public static class GenAgentServiceCollectionExtensions
{
    /// <summary>
    /// Adds an agent: <see cref="ImageAgent"/>, the same as <see cref="IImageGenerator"/>, and <see cref="GenAgentSource"/> to load it without blocking.
    /// Options come from <paramref name="configure"/>; secrets and HTTP limits from the program's <see cref="IConfiguration"/>, if it has one.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options; null for the embedded models with the default options.</param>
    /// <returns>Configures the agent further.</returns>
    public static GenAgentBuilder AddGenAgent(this IServiceCollection services, Action<GenAgentOptions>? configure = null) =>
        Add(services, Options.Options.DefaultName, configuration: null, configure);

    /// <summary>Adds an agent with the options, secrets and HTTP limits of a configuration, whose sections are those of a <c>genagent.json</c>.</summary>
    /// <inheritdoc cref="AddGenAgent(IServiceCollection, Action{GenAgentOptions}?)"/>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The configuration, or the section of one.</param>
    public static GenAgentBuilder AddGenAgent(this IServiceCollection services, IConfiguration configuration) =>
        Add(services, Options.Options.DefaultName, configuration, configure: null);

    /// <summary>Adds one of several agents; its services are resolved by the key.</summary>
    /// <inheritdoc cref="AddGenAgent(IServiceCollection, Action{GenAgentOptions}?)"/>
    /// <param name="services">The services.</param>
    /// <param name="key">The key, not empty.</param>
    /// <param name="configure">Sets the options; null for the embedded models with the default options.</param>
    public static GenAgentBuilder AddKeyedGenAgent(this IServiceCollection services, string key, Action<GenAgentOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return Add(services, key, configuration: null, configure);
    }

    /// <summary>Adds one of several agents with the options of a configuration; its services are resolved by the key.</summary>
    /// <inheritdoc cref="AddGenAgent(IServiceCollection, IConfiguration)"/>
    /// <param name="services">The services.</param>
    /// <param name="key">The key, not empty.</param>
    /// <param name="configuration">The configuration, or the section of one.</param>
    public static GenAgentBuilder AddKeyedGenAgent(this IServiceCollection services, string key, IConfiguration configuration)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return Add(services, key, configuration, configure: null);
    }

    /// <summary>Loads the agent when the program's host starts; a backend that cannot be made stops the start.</summary>
    /// <param name="builder">The agent's builder.</param>
    /// <returns>The same builder.</returns>
    public static GenAgentBuilder LoadOnStart(this GenAgentBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IHostedService>(provider => new GenAgentLoader(SourceOf(provider, builder.Name)));
        return builder;
    }

    private static GenAgentBuilder Add(IServiceCollection services, string name, IConfiguration? configuration, Action<GenAgentOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<GenAgentOptions>(name).ValidateOnStart();
        if (configuration is not null)
        {
            options.Bind(configuration);
            services.TryAddSingleton(new ConfigurationOfBackends(configuration));
        }

        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GenAgentOptions>, GenAgentOptionsValidator>());
        services.TryAddSingleton(_ => HostEnvironment.OfProcess());
        services.TryAddSingleton(CreateRegistry);
        if (name.Length == 0)
        {
            services.TryAddSingleton(provider => CreateSource(provider, name));
            services.TryAddSingleton(provider => AgentOf(provider, name));
            services.TryAddSingleton<IImageGenerator>(provider => provider.GetRequiredService<ImageAgent>());
        }
        else
        {
            services.AddKeyedSingleton(name, (provider, _) => CreateSource(provider, name));
            services.AddKeyedSingleton(name, (provider, _) => AgentOf(provider, name));
            services.AddKeyedSingleton<IImageGenerator>(name, (provider, _) => provider.GetRequiredKeyedService<ImageAgent>(name));
        }

        return new(services, name);
    }

    private static BackendRegistry CreateRegistry(IServiceProvider provider)
    {
        var host = provider.GetRequiredService<HostEnvironment>();
        var registry = BackendComposition.Create(host, ConfigurationOf(provider), provider.GetService<ILoggerFactory>());
        foreach (var addition in provider.GetServices<BackendAddition>())
        {
            addition.Add(registry);
        }

        return registry;
    }

    private static GenAgentSource CreateSource(IServiceProvider provider, string name) => new(
        name,
        provider.GetRequiredService<IOptionsMonitor<GenAgentOptions>>(),
        provider.GetRequiredService<BackendRegistry>(),
        Secrets.MaskOf(ConfigurationOf(provider)),
        [.. provider.GetServices<ToolAddition>().Where(addition => addition.Agent.Equals(name, StringComparison.Ordinal)).Select(addition => addition.Tool)],
        provider.GetService<ILoggerFactory>(),
        provider.GetRequiredService<HostEnvironment>().Time);

    private static GenAgentSource SourceOf(IServiceProvider provider, string name) =>
        name.Length == 0 ? provider.GetRequiredService<GenAgentSource>() : provider.GetRequiredKeyedService<GenAgentSource>(name);

    // Services are resolved without waiting; a program that must not block loads the agent on start, or takes it from its source.
    private static ImageAgent AgentOf(IServiceProvider provider, string name) => SourceOf(provider, name).GetAsync().GetAwaiter().GetResult().Agent;

    private static IConfiguration ConfigurationOf(IServiceProvider provider) =>
        provider.GetService<ConfigurationOfBackends>()?.Configuration ?? provider.GetService<IConfiguration>() ?? new ConfigurationBuilder().Build();

    private sealed record ConfigurationOfBackends(IConfiguration Configuration);
}
