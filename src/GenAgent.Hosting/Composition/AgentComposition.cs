using GenAgent.Agents;
using GenAgent.Generators.ComfyUI;
using GenAgent.Hosting.Configuration;
using GenAgent.Judging;
using GenAgent.Models;
using GenAgent.Telemetry;
using GenAgent.Tools;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Hosting.Composition;

/// <summary>An agent with its model, tool and judge. Owns them: everything is disposed of with it.</summary>
public sealed class AgentComposition : IDisposable
{
    private readonly IChatClient _chat;
    private readonly ToolComposition _tools;
    private readonly BackendOptions _backends;
    private readonly JudgeComposition? _judge;
    private readonly IImageGenerator _generator;
    private readonly IReadOnlyList<AgentTool> _more;
    private readonly ILoggerFactory? _loggerFactory;
    private readonly bool _isShared;

    private AgentComposition(
        IChatClient chat, IImageGenerator generator, ImageAgentOptions options, ToolComposition tools, IReadOnlyList<AgentTool> more, JudgeComposition? judge,
        BackendOptions backends, SecretMask secrets, ILoggerFactory? loggerFactory, TimeProvider time, bool isShared = false)
    {
        Agent = new(chat, generator, options, judge?.Selector, loggerFactory, time, [.. tools.Tools, .. more]);
        Time = time;
        Secrets = secrets;
        (
            _chat,
            _generator,
            _tools,
            _more,
            _judge,
            _backends,
            _loggerFactory,
            _isShared) = (chat, generator, tools, more, judge, backends, loggerFactory, isShared);
    }

    /// <summary>The agent.</summary>
    public ImageAgent Agent { get; }

    /// <summary>The clock.</summary>
    internal TimeProvider Time { get; }

    /// <summary>Removes from text what no trajectory may hold.</summary>
    public SecretMask Secrets { get; }

    /// <summary>Scores the final image; null for nobody.</summary>
    public IJudge? Judge => _judge?.Final;

    /// <summary>Makes all parts from a program's configuration.</summary>
    /// <param name="host">Where paths begin, and what backends the program adds.</param>
    /// <param name="settings">The configuration.</param>
    /// <param name="loggerFactory">Where to log; null for nowhere.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The agent with its parts; the caller disposes it.</returns>
    /// <exception cref="BackendUriException">A URI cannot be read, or names an unknown kind of backend.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="OptionException">The file of the instructions does not exist.</exception>
    public static Task<AgentComposition> CreateAsync(
        HostEnvironment host, Settings settings, ILoggerFactory? loggerFactory, CancellationToken cancellationToken) =>
        CreateAsync(
            OptionsOf(host, settings),
            BackendComposition.Create(host, settings, loggerFactory),
            settings.SecretMask,
            loggerFactory,
            host.Time,
            [],
            cancellationToken);

    /// <summary>Makes all parts. Wrong options and unknown backends fail here; the weights of models in this process are loaded.</summary>
    /// <param name="options">The options.</param>
    /// <param name="registry">Makes the backends.</param>
    /// <param name="secrets">Removes secrets from text.</param>
    /// <param name="loggerFactory">Where the agent logs; null for nowhere.</param>
    /// <param name="time">The clock.</param>
    /// <param name="more">Tools beside those of the options. They stay their owner's.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <returns>The agent with its parts; the caller disposes it.</returns>
    /// <exception cref="BackendUriException">A URI cannot be read, or names an unknown kind of backend.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static async Task<AgentComposition> CreateAsync(
        GenAgentOptions options, BackendRegistry registry, SecretMask secrets, ILoggerFactory? loggerFactory, TimeProvider time, IReadOnlyList<AgentTool> more,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(registry);
        var (chat, generator) = await OpenAsync(registry, options.Backends, cancellationToken);
        JudgeComposition? judge = null;
        ToolComposition? tools = null;
        try
        {
            RefuseInputImages(generator, options.Backends);
            tools = await ToolComposition.CreateAsync(registry, options.Backends.Tools, cancellationToken);
            judge = await JudgeComposition.CreateAsync(options, registry, time, cancellationToken);
            return new(chat, generator, options.Agent, tools, more, judge, options.Backends, secrets, loggerFactory, time);
        }
        catch
        {
            judge?.Chat?.Dispose();
            tools?.Dispose();
            generator.Dispose();
            chat.Dispose();
            throw;
        }
    }

    /// <summary>The agent's options in a program's configuration, with the path of the instructions' file in full.</summary>
    /// <param name="host">Where paths begin.</param>
    /// <param name="settings">The configuration.</param>
    /// <returns>The options.</returns>
    /// <exception cref="OptionException">The file of the instructions does not exist.</exception>
    public static GenAgentOptions OptionsOf(HostEnvironment host, Settings settings)
    {
        ArgumentNullException.ThrowIfNull(host);
        var options = GenAgentOptions.From(settings);
        if (options.Agent.InstructionsFile is not { } file) return options;
        var path = host.FullPath(file);
        if (!File.Exists(path))
        {
            throw new OptionException($"{ImageAgentOptions.SectionName}:{nameof(ImageAgentOptions.InstructionsFile)}: there is no file {path}.");
        }

        options.Agent = options.Agent with { InstructionsFile = path };
        return options;
    }

    /// <summary>An agent of the same parts with other options. The parts stay this composition's: disposing of the other one does nothing.</summary>
    /// <param name="options">How the other agent runs.</param>
    /// <param name="around">Stands between the agent and its model and generator; null for nothing.</param>
    /// <returns>The other agent, which this composition must outlive.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public AgentComposition With(ImageAgentOptions options, Func<IChatClient, IImageGenerator, (IChatClient Chat, IImageGenerator Generator)>? around = null)
    {
        var (chat, generator) = around?.Invoke(_chat, _generator) ?? (_chat, _generator);
        return new(chat, generator, options, _tools, _more, _judge, _backends, Secrets, _loggerFactory, Time, isShared: true);
    }

    // Told before the model has thought, and not as a failure of each call.
    private static void RefuseInputImages(IImageGenerator generator, BackendOptions backends)
    {
        if (generator.GetService<ComfyWorkflow>() is { ImageCount: > 0 } workflow)
        {
            throw new BackendUriException(
                $"\"{backends.Generator}\": workflow {workflow.Name} asks for an input image ({{{{image}}}}), and an agent that is given words alone has "
                    + "none. Name a workflow that makes images from text.");
        }
    }

    // Both at the same time, as models of this process take a while. If one fails the other is closed; the agent's fault is reported first.
    private static async Task<(IChatClient Chat, IImageGenerator Generator)> OpenAsync(
        BackendRegistry registry, BackendOptions backends, CancellationToken cancellationToken)
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

    /// <summary>The trajectory with the URIs of its backends: they can make its images again.</summary>
    /// <param name="trajectory">A trajectory of this agent.</param>
    /// <returns>The same trajectory, with the URIs.</returns>
    public Trajectory Named(Trajectory trajectory)
    {
        ArgumentNullException.ThrowIfNull(trajectory);
        return trajectory with
        {
            Model = trajectory.Model with { Uri = _backends.Agent },
            Generator = trajectory.Generator with { Uri = _backends.Generator },
            Tools = _backends.Tools.Count > 0 ? _backends.Tools.ToDictionary(StringComparer.Ordinal) : null,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isShared) return;
        Agent.Dispose();
        _tools.Dispose();
        _chat.Dispose();
        _judge?.Chat?.Dispose();
    }
}
