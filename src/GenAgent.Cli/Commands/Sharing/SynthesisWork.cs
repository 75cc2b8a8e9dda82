using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Judging;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Training.Synthesis;
using GenAgent.Models;
using GenAgent.Running;
using GenAgent.Running.Sharing;
using GenAgent.Training.Synthesis;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Cli.Commands.Sharing;

/// <summary>What <c>data synth</c> is to make: all that its owner and its workers must agree on.</summary>
/// <param name="Teacher">The URI of the teacher, or <see cref="Oracle"/>.</param>
/// <param name="Prompts">The file of prompts; null for the miniature world's.</param>
/// <param name="Outside">Share of prompts that the miniature world cannot draw.</param>
/// <param name="Requests">Share of the other prompts in free wording.</param>
/// <param name="Mistaken">Share of dense prompts of which the generator paints something else.</param>
/// <param name="Options">How trajectories are made.</param>
/// <param name="Settings">Options of the configuration, by path: generator and judge.</param>
internal sealed record SynthesisWork(
    string Teacher, SharedFile? Prompts, double Outside, double Requests, double Mistaken, SynthesisOptions Options,
    IReadOnlyDictionary<string, string> Settings)
{
    public const string Kind = "synthesis";
    public const string Oracle = "oracle";

    /// <summary>Sets a worker up.</summary>
    public async Task<ISharedWork> OpenAsync(WorkerScope scope, CancellationToken cancellationToken)
    {
        if (Teacher is not Oracle) scope.Check(Teacher);
        var prompts = Prompts?.Find(scope.Host);
        return await SetUpAsync(scope.Host, scope.Apply(Settings), prompts, scope.Loggers, sharing: null, cancellationToken);
    }

    /// <summary>Makes teacher, generator and judge.</summary>
    /// <param name="host">Where everything comes from.</param>
    /// <param name="settings">The configuration.</param>
    /// <param name="promptFile">The file of prompts on this machine; null for none.</param>
    /// <param name="loggers">Where to log.</param>
    /// <param name="sharing">How the owner shares the run; null for a worker, or for a run that is not shared.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CliException">The judge scores no single images.</exception>
    public async Task<SynthesisSetup> SetUpAsync(
        CliHost host, Settings settings, string? promptFile, ILoggerFactory loggers, RunSharing? sharing, CancellationToken cancellationToken)
    {
        var setup = new SynthesisSetup();
        try
        {
            var registry = BackendComposition.Create(host, settings, loggers);
            var generatorUri = settings.Get<BackendOptions>(BackendOptions.SectionName).Generator;
            var generator = setup.Own(new MistakenPainter(await registry.CreateImageGeneratorAsync(generatorUri, cancellationToken), Mistaken));
            var judge = await JudgeComposition.CreateAsync(GenAgentOptions.From(settings), registry, host.Time, cancellationToken);
            var judgeModel = setup.Own(judge?.Chat);
            var model = setup.Own(Teacher is Oracle ? null : await registry.CreateChatClientAsync(Teacher, cancellationToken));
            ISynthesisPrompts prompts = promptFile is null ? new MicroPrompts(Outside, Requests) : Given.Read(() => new PromptFile(promptFile));
            setup.Synthesizer = new Synthesizer(
                model is null ? new MicroTeacher() : new ChatTeacher(model, Teacher), generator, FinalOf(judge), prompts, Options,
                Mistaken > 0 ? string.Create(CultureInfo.InvariantCulture, $"{generatorUri}, {Mistaken} mistaken") : generatorUri, settings.SecretMask)
            {
                Notice = host.Say,
                Sharing = sharing,
                DecidedBy = new RunManifest(string.Empty, 0, new Dictionary<string, string?>(StringComparer.Ordinal))
                    .WithModel("teacher", model?.GetService<ModelSource>()).WithModel("judge", judgeModel?.GetService<ModelSource>()).DecidedBy,
            };
            return setup;
        }
        catch
        {
            await setup.DisposeAsync();
            throw;
        }
    }

    private static IJudge FinalOf(JudgeComposition? judge) => judge?.Final
        ?? throw new CliException(ExitCode.Usage, "--judge: data synth needs a judge that scores single images: Judging:Kind pointwise or checklist.");
}

/// <summary>A synthesizer with what it works with.</summary>
internal sealed class SynthesisSetup : ISharedWork
{
    private readonly List<IDisposable> _owned = [];

    public Synthesizer Synthesizer { get; set; } = null!;

    public RunManifest Manifest => Synthesizer.Manifest;

    public Task<ReadOnlyMemory<byte>> MakeAsync(string key, CancellationToken cancellationToken) => Synthesizer.MakeSharedAsync(key, cancellationToken);

    /// <summary>Disposes of something together with the setup.</summary>
    public T Own<T>(T made)
        where T : IDisposable?
    {
        if (made is not null) _owned.Add(made);
        return made;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var owned in Enumerable.Reverse(_owned)) owned.Dispose();
        return ValueTask.CompletedTask;
    }
}
