using GenAgent.Agents;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Systems;
using GenAgent.Generators;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Hosting.Evaluations;

/// <summary>What kind of system is evaluated.</summary>
public enum SystemKind
{
    /// <summary>The generator alone.</summary>
    Generator,

    /// <summary>One turn of the agent's model, which is never shown the image: rewriting alone.</summary>
    Rewrite,

    /// <summary>The whole agent.</summary>
    Agent,
}

/// <summary>A system made from the settings, and what decides its results; everything that is made is disposed of with it.</summary>
public sealed class SystemComposition : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];

    private SystemComposition()
    {
    }

    /// <summary>The system.</summary>
    public IImageSystem System { get; private set; } = null!;

    /// <summary>Options and digests of models that decide its results.</summary>
    public IReadOnlyDictionary<string, string?> DecidedBy { get; private set; } = null!;

    /// <summary>Makes it; wrong options and unknown backends fail here.</summary>
    /// <param name="host">Where everything comes from.</param>
    /// <param name="settings">The options.</param>
    /// <param name="kind">What kind.</param>
    /// <param name="folder">The evaluation's folder; an agent's runs are kept below it. Null to keep none.</param>
    /// <param name="oracle">Rewrites prompts for a generator; null for none.</param>
    /// <param name="place">What samples call the folder of runs (<see cref="RunStore.Place"/>).</param>
    /// <param name="loggers">Where to log; null for nowhere.</param>
    /// <param name="cancellationToken">Ends the making.</param>
    /// <returns>The system; the caller disposes it.</returns>
    public static async Task<SystemComposition> OpenAsync(
        HostEnvironment host, Settings settings, SystemKind kind, string? folder, Func<BenchmarkTask, SeedPath, string?>? oracle, string? place,
        ILoggerFactory? loggers,
        CancellationToken cancellationToken)
    {
        var made = new SystemComposition();
        try
        {
            await (kind == SystemKind.Generator
                ? made.OpenGeneratorAsync(host, settings, oracle, cancellationToken)
                : made.OpenAgentAsync(host, settings, kind, folder, place, loggers, cancellationToken));
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>What stands in reports, with all that a reader must know of it.</summary>
    /// <param name="settings">The configuration.</param>
    /// <param name="kind">What kind of system.</param>
    /// <param name="oracle">Whether prompts are rewritten from their constraints.</param>
    /// <returns>The name, as reports and folders bear it.</returns>
    public static string NameOf(Settings settings, SystemKind kind, bool oracle)
    {
        var (backends, agent) = (settings.Get<BackendOptions>(BackendOptions.SectionName), settings.Get<ImageAgentOptions>(ImageAgentOptions.SectionName));
        var who = kind switch
        {
            SystemKind.Generator => backends.Generator + (oracle ? ", oracle prompts" : string.Empty),
            SystemKind.Rewrite => $"{backends.Agent} rewriting for {backends.Generator}",
            _ =>
                $"{backends.Agent} with "
                    + $"{string.Join(", ", Tools(backends))}{(agent.MaxRounds is { } rounds ? FormattableString.Invariant($", {rounds} rounds") : null)}",
        };
        return string.Concat(
            who,
            agent.Steps is { } steps ? FormattableString.Invariant($", {steps} steps") : null,
            agent.DraftSteps is { } draft ? FormattableString.Invariant($", drafts of {draft} steps") : null,
            agent.GuidanceScale is { } scale ? FormattableString.Invariant($", guidance {scale}") : null);
    }

    private static IEnumerable<string> Tools(BackendOptions backends) => backends.Tools.OrderBy(tool => tool.Key, StringComparer.Ordinal)
        .Select(tool => $"{tool.Key}={tool.Value}").Prepend(backends.Generator);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
        {
            await owned.DisposeAsync();
        }
    }

    private async Task OpenGeneratorAsync(
        HostEnvironment host, Settings settings, Func<BenchmarkTask, SeedPath, string?>? oracle, CancellationToken cancellationToken)
    {
        var generator = await BackendComposition.Create(host, settings)
            .CreateImageGeneratorAsync(settings.Get<BackendOptions>(BackendOptions.SectionName).Generator, cancellationToken);
        _owned.Add(new Owned(generator));
        var options = settings.Get<ImageAgentOptions>(ImageAgentOptions.SectionName);
        var sampling = new ImageGenerationOptions();
        if (options.Steps is { } steps)
        {
            sampling.With(ImageOptionsExtensions.StepsKey, steps);
        }

        if (options.GuidanceScale is { } scale)
        {
            sampling.With(ImageOptionsExtensions.GuidanceScaleKey, scale);
        }

        System = new GeneratorSystem(NameOf(settings, SystemKind.Generator, oracle is not null), generator, oracle, sampling);
        DecidedBy = DecidingOptions.OfGenerator(settings, generator);
    }

    private async Task OpenAgentAsync(
        HostEnvironment host, Settings settings, SystemKind kind, string? folder, string? place, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        var agent = kind == SystemKind.Rewrite
            ? await OpenBlindAsync(host, settings, loggers, cancellationToken)
            : Own(await AgentComposition.CreateAsync(host, settings, loggers, cancellationToken)).Agent;
        var store = folder is null ? null : await RunStore.OpenAsync(Path.Combine(folder, "trajectories"), settings.SecretMask, place, cancellationToken);
        if (store is not null) _owned.Add(store);
        System = new AgentSystem(NameOf(settings, kind, oracle: false), agent, store);
        DecidedBy = DecidingOptions.OfAgent(settings, agent);
    }

    private async Task<ImageAgent> OpenBlindAsync(HostEnvironment host, Settings settings, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        var registry = BackendComposition.Create(host, settings, loggers);
        var backends = settings.Get<BackendOptions>(BackendOptions.SectionName);
        var chat = Own(await registry.CreateChatClientAsync(backends.Agent, cancellationToken));
        var generator = await registry.CreateImageGeneratorAsync(backends.Generator, cancellationToken);
        var options = settings.Get<ImageAgentOptions>(ImageAgentOptions.SectionName) with { MaxRounds = 1 };
        return Own(new ImageAgent(new BlindChatClient(chat), generator, options, selector: null, loggers, host.Time));
    }

    private T Own<T>(T made)
        where T : IDisposable
    {
        _owned.Add(new Owned(made));
        return made;
    }

    private sealed class Owned(IDisposable inner) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            inner.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
