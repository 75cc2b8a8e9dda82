using GenAgent.Agents;
using GenAgent.Hosting.Configuration;
using GenAgent.Judging;
using GenAgent.Models;
using GenAgent.Telemetry;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Hosting.Composition;

/// <summary>The agent with its model, tool and judge, made from the settings; everything that is made is disposed of with it.</summary>
internal sealed class AgentComposition : IDisposable
{
    /// <summary>The label of a trajectory that holds the URI of its agent's model.</summary>
    public const string AgentLabel = "agent";

    /// <summary>The label of a trajectory that holds the URI of its generator.</summary>
    public const string GeneratorLabel = "generator";

    private readonly IChatClient _chat;
    private readonly JudgeComposition? _judge;

    private AgentComposition(ImageAgent agent, IChatClient chat, JudgeComposition? judge, Settings settings)
    {
        Agent = agent;
        Secrets = settings.SecretMask;
        var backends = settings.Get<BackendOptions>(BackendOptions.SectionName);
        Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [AgentLabel] = backends.Agent, [GeneratorLabel] = backends.Generator };
        _chat = chat;
        _judge = judge;
    }

    public ImageAgent Agent { get; }

    /// <summary>What no trajectory may hold.</summary>
    public SecretMask Secrets { get; }

    /// <summary>The names of the backends, to stand in each trajectory: its images can be made again by them.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>Who scores the final image; null for nobody.</summary>
    public IJudge? Judge => _judge?.Final;

    /// <summary>Makes all parts; wrong options and unknown backends fail here, before anything is written.</summary>
    public static async Task<AgentComposition> CreateAsync(HostEnvironment host, Settings settings, ILoggerFactory? loggerFactory, CancellationToken cancellationToken)
    {
        var backends = settings.Get<BackendOptions>(BackendOptions.SectionName);
        var options = settings.Get<ImageAgentOptions>(ImageAgentOptions.SectionName);
        var registry = BackendComposition.Create(host, settings, loggerFactory);
        var (chat, generator) = await OpenAsync(registry, backends, cancellationToken);
        var judge = await JudgeComposition.CreateAsync(settings, registry, host.Time, cancellationToken);
        var agent = new ImageAgent(chat, generator, options, judge?.Selector, loggerFactory, host.Time);
        return new(agent, chat, judge, settings);
    }

    /// <summary>Opens both at the same time, as models of this process take a while. When one fails the other is closed; the agent's fault is told first.</summary>
    private static async Task<(IChatClient Chat, IImageGenerator Generator)> OpenAsync(BackendRegistry registry, BackendOptions backends, CancellationToken cancellationToken)
    {
        var generator = Task.Run(() => registry.CreateImageGeneratorAsync(backends.Generator, cancellationToken).AsTask(), CancellationToken.None);
        var chat = Task.Run(() => registry.CreateChatClientAsync(backends.Agent, cancellationToken).AsTask(), CancellationToken.None);
        try
        {
            await Task.WhenAll(chat, generator);
            return (await chat, await generator);
        }
        catch
        {
            if (generator.IsCompletedSuccessfully) (await generator).Dispose();
            if (chat.IsCompletedSuccessfully) (await chat).Dispose();
            await chat;
            await generator;
            throw;
        }
    }

    public void Dispose()
    {
        Agent.Dispose();
        _chat.Dispose();
        _judge?.Chat?.Dispose();
    }
}
