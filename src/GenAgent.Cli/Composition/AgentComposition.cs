using GenAgent.Agents;
using GenAgent.Cli.Configuration;
using GenAgent.Cli.Hosting;
using GenAgent.Judging;
using GenAgent.Telemetry;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Cli.Composition;

/// <summary>The agent with its model, tool and judge, made from the settings; everything that is made is disposed of with it.</summary>
internal sealed class AgentComposition : IDisposable
{
    /// <summary>The label of a trajectory that holds the URI of its agent's model.</summary>
    public const string AgentLabel = "agent";

    /// <summary>The label of a trajectory that holds the URI of its generator.</summary>
    public const string GeneratorLabel = "generator";

    private readonly IChatClient _chat;
    private readonly JudgeComposition? _judge;
    private readonly ILoggerFactory? _loggerFactory;

    private AgentComposition(ImageAgent agent, IChatClient chat, JudgeComposition? judge, Settings settings, ILoggerFactory? loggerFactory)
    {
        Agent = agent;
        Secrets = settings.SecretMask;
        var backends = settings.Get<BackendOptions>(BackendOptions.SectionName);
        Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [AgentLabel] = backends.Agent, [GeneratorLabel] = backends.Generator };
        _chat = chat;
        _judge = judge;
        _loggerFactory = loggerFactory;
    }

    public ImageAgent Agent { get; }

    /// <summary>What no trajectory may hold.</summary>
    public SecretMask Secrets { get; }

    /// <summary>The names of the backends, to stand in each trajectory: its images can be made again by them.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>Who scores the final image; null for nobody.</summary>
    public IJudge? Judge => _judge?.Final;

    /// <summary>Makes all parts; wrong options and unknown backends fail here, before anything is written.</summary>
    public static async Task<AgentComposition> CreateAsync(CliHost host, Settings settings, bool verbose, CancellationToken cancellationToken)
    {
        var backends = settings.Get<BackendOptions>(BackendOptions.SectionName);
        var options = settings.Get<ImageAgentOptions>(ImageAgentOptions.SectionName);
        var loggerFactory = MaskedLogging.Create(host, settings, verbose);
        var registry = BackendComposition.Create(host, settings, loggerFactory);

        // Models of this process take a while to open: both at once.
        var opening = Task.Run(() => registry.CreateImageGeneratorAsync(backends.Generator, cancellationToken).AsTask(), cancellationToken);
        var chat = await registry.CreateChatClientAsync(backends.Agent, cancellationToken);
        var generator = await opening;
        var judge = await JudgeComposition.CreateAsync(settings, registry, host.Time, cancellationToken);
        var agent = new ImageAgent(chat, generator, options, judge?.Selector, loggerFactory, host.Time);
        return new(agent, chat, judge, settings, loggerFactory);
    }

    public void Dispose()
    {
        Agent.Dispose();
        _chat.Dispose();
        _judge?.Chat?.Dispose();
        _loggerFactory?.Dispose();
    }
}
