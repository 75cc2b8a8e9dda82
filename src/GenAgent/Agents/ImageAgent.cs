using System.Runtime.CompilerServices;
using System.Threading.Channels;
using GenAgent.Agents.Loop;
using GenAgent.Dialects;
using GenAgent.Generators;
using GenAgent.Seeds;
using GenAgent.Telemetry;
using GenAgent.Tools;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace GenAgent.Agents;

/// <summary>
/// An agent that makes the image a user asks for: it thinks, calls the generator with its own prompt, looks at the image, judges it, reflects, and stops
/// when the image is right or a limit is reached. Safe to use from many tasks at once; keeps no state between runs. Implements
/// <see cref="IImageGenerator"/>, so it can replace any generator.
/// </summary>
/// <remarks>Disposing the agent disposes the generator, like Microsoft's delegating generators, but not the chat client.</remarks>
public sealed class ImageAgent : DelegatingImageGenerator
{
    // Number of events that may wait for a reader before progress events are skipped.
    private const int MostWaiting = 32;

    private readonly IChatClient _chatClient;
    private readonly IAttemptSelector? _selector;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Dialect _dialect;
    private readonly IReadOnlyList<AgentTool> _tools;
    private readonly AgentLoop _loop;
    private int _disposed;

    /// <summary>Creates an agent.</summary>
    /// <param name="chatClient">The agent's model.</param>
    /// <param name="generator">Its tool.</param>
    /// <param name="options">How it runs; null for the defaults.</param>
    /// <param name="selector">Chooses among images if the agent does not; null chooses the first candidate, and the last image.</param>
    /// <param name="loggerFactory">Creates its logger; null for no log.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="tools">Additional tools, owned by the caller; null for none.</param>
    /// <exception cref="ArgumentException">An option is out of its range, two tools have one name, or the model's dialect has no such tool; the message
    /// says which.</exception>
    /// <exception cref="InvalidDataException">The instructions file contains no instructions.</exception>
    /// <exception cref="IOException">The instructions file cannot be read.</exception>
    public ImageAgent(
        IChatClient chatClient,
        IImageGenerator generator,
        ImageAgentOptions? options = null,
        IAttemptSelector? selector = null,
        ILoggerFactory? loggerFactory = null,
        TimeProvider? timeProvider = null,
        IEnumerable<AgentTool>? tools = null)
        : base(generator)
    {
        ArgumentNullException.ThrowIfNull(chatClient);
        options ??= new ImageAgentOptions();
        options.Validate();
        _dialect = DialectChoice.For(options, chatClient);
        _tools = [.. tools ?? []];
        var sized = options.Width ?? options.Height;
        Options = options with
        {
            Dialect = _dialect.Name,
            CallStyle = null,
            Instructions = options.InstructionsFile is { } file ? InstructionsFile.Read(file) : options.Instructions,
            InstructionsFile = null,
            MaxRounds = options.MaxRounds ?? chatClient.GetService<AgentProfile>()?.MaxRounds ?? _dialect.MaxRounds ?? ImageAgentOptions.DefaultRounds,
            Width = sized is null ? _dialect.ImageSide : options.Width,
            Height = sized is null ? _dialect.ImageSide : options.Height,
            Temperature = options.Temperature ?? _dialect.Temperature,
        };
        _chatClient = chatClient;
        _selector = selector;
        _logger = loggerFactory?.CreateLogger<ImageAgent>() ?? (ILogger)NullLogger.Instance;
        _time = timeProvider ?? TimeProvider.System;
        _loop = LoopFor(Options);
        if (Options.CandidatesPerRound > 1 && generator.GetService<GeneratorProfile>()?.HasFixedSeed == true)
        {
            AgentLog.CandidatesAreAlike(_logger, Options.CandidatesPerRound);
        }
    }

    /// <summary>
    /// The effective options, with values that depend on the model or a file resolved: dialect, instructions, number of rounds, size, temperature.
    /// </summary>
    public ImageAgentOptions Options { get; }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) base.Dispose(disposing);
    }

    /// <summary>Runs once, and returns the best image with the record of the run.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The result; its image is there.</returns>
    /// <exception cref="ArgumentException">The prompt is empty, too long, or holds control characters.</exception>
    /// <exception cref="NoImageException">The run ended before it made an image.</exception>
    /// <exception cref="RunCanceledException">The run was cancelled before it made an image. If there is an image, a cancelled run returns it
    /// instead.</exception>
    public async Task<AgentResult> RunAsync(AgentRequest request, CancellationToken cancellationToken = default) =>
        WithImage(await _loop.RunAsync(request, watch: null, cancellationToken), cancellationToken);

    /// <summary>
    /// Runs once, and yields events as they happen; a slow reader misses progress events. Leaving the enumeration early cancels the run.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The events, in order; the last is the run's result.</returns>
    /// <remarks>
    /// Throws what <see cref="RunAsync"/> throws. A cancelled run still returns its best image in <see cref="RunCompletedEvent"/>.
    /// </remarks>
    public async IAsyncEnumerable<AgentEvent> RunStreamingAsync(
        AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var events = Channel.CreateUnbounded<AgentEvent>();
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var run = RunIntoAsync(events, request, left.Token);
        try
        {
            await foreach (var happened in events.Reader.ReadAllAsync(CancellationToken.None))
            {
                if (happened is RunCompletedEvent { Result: var result })
                {
                    WithImage(result, cancellationToken);
                }

                yield return happened;
            }
        }
        finally
        {
            await left.CancelAsync();
            await run;
        }
    }

    /// <summary>Runs once, and returns the result with or without an image. For trainers and evaluations, for which a failed run is data too.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The result, with or without an image.</returns>
    /// <exception cref="ArgumentException">The prompt is empty, too long, or holds control characters.</exception>
    public Task<AgentResult> RolloutAsync(AgentRequest request, CancellationToken cancellationToken = default) =>
        _loop.RunAsync(request, watch: null, cancellationToken);

    /// <summary>
    /// Runs the agent on the request's prompt and original images, once per requested image, concurrently; each returned image is the best of its run.
    /// Size, seed, steps, guidance and negative prompt of <paramref name="options"/> override the agent's own. The response's raw representation is the
    /// list of the runs' <see cref="AgentResult"/>.
    /// </summary>
    /// <param name="request">The prompt, with the original images of an edit.</param>
    /// <param name="options">How many images, their size, and the further settings of this package; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>An image for each that was asked for, in no certain order.</returns>
    /// <remarks>
    /// The model sees the original images, and every generator call receives them. Every call also receives, unchanged, the mask (which the model does not
    /// see, and which requires an original image), the strength, the model, the media type, the number of intermediate images, the raw representation, and
    /// every property that the agent does not use, such as <c>quality</c>; serializable values are recorded in <see cref="Generation"/>. Progress covers
    /// all runs, each of <see cref="ImageAgentOptions.MaxRounds"/> rounds and an answer: the generator's reports scaled accordingly, <c>judging</c> after
    /// an image, and 1 at the end. The response always contains image data; another response format is logged as a warning.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// The prompt is empty, too long, or holds control characters; an original image or the mask is no image data; there is a mask without an original
    /// image; or an option is out of its range.
    /// </exception>
    /// <exception cref="NoImageException">A run ended before it made an image.</exception>
    public override async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var merged = Options.With(options);
        var loop = ReferenceEquals(merged, Options) ? _loop : LoopFor(merged);
        IReadOnlyList<DataContent> originals = [.. (request.OriginalImages ?? []).Select(AsImage)];
        var asked = new AgentRequest(request.Prompt ?? string.Empty) { OriginalImages = originals, Given = PassedOptions.From(options, originals.Count) };
        var count = options?.Count ?? 1;
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(options));
        if (options?.ResponseFormat is { } format and not ImageGenerationResponseFormat.Data)
        {
            AgentLog.NotAsFormat(_logger, format);
        }

        var progress = options.GetProgress() is { } watcher ? new RequestProgress(watcher, count, merged.MaxRounds!.Value) : null;
        var runs = Enumerable.Range(0, count)
            .Select(index => asked with
            {
                Seed = merged.Seed is { } root ? SeedPath.FromRoot(root).Child("trajectory", index) : null,
                Progress = progress?.Runs[index],
            })
            .Select(one => RunToldAsync(loop, one, cancellationToken));
        var results = (await Task.WhenAll(runs)).Select(result => WithImage(result, cancellationToken)).ToArray();
        return new ImageGenerationResponse([.. results.Select(result => result.Image)])
        {
            RawRepresentation = results,
            Usage = Sum(results.Select(result => result.Trajectory.Tokens)),
        };
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null && serviceType == typeof(IChatClient) ? _chatClient : base.GetService(serviceType, serviceKey);
    }

    private static AgentResult WithImage(AgentResult result, CancellationToken cancellationToken) =>
        result.Best is not null ? result
        : result.StopReason == StopReason.Cancelled ? throw new RunCanceledException(result.Trajectory, cancellationToken)
        : throw new NoImageException(result.Trajectory, result.Error ?? result.GeneratorError);

    private static DataContent AsImage(AIContent content) => content as DataContent
        ?? throw new ArgumentException($"An original image must be image data, but is {content.GetType().Name}: load it first.", nameof(content));

    private static UsageDetails Sum(IEnumerable<TokenUsage> tokens)
    {
        var sum = tokens.Aggregate(TokenUsage.None, TokenUsage.Add);
        return new UsageDetails { InputTokenCount = sum.Input, OutputTokenCount = sum.Output, TotalTokenCount = sum.Input + sum.Output };
    }

    private AgentLoop LoopFor(ImageAgentOptions options) =>
        new(_chatClient, InnerGenerator, options, AgentSpeech.For(_chatClient, InnerGenerator, _tools, options, _dialect), _selector, _logger, _time);

    private static async Task<AgentResult> RunToldAsync(AgentLoop loop, AgentRequest request, CancellationToken cancellationToken)
    {
        var result = await loop.RunAsync(request, watch: null, cancellationToken);
        request.Progress?.Ended();
        return result;
    }

    private async Task RunIntoAsync(Channel<AgentEvent> events, AgentRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await _loop.RunAsync(request, Tell, cancellationToken);
            events.Writer.Complete();
        }
        catch (Exception failure)
        {
            events.Writer.Complete(failure);
        }

        // The generator may report previews at any rate; a slow reader skips some.
        void Tell(AgentEvent happened)
        {
            if (happened is not ProgressEvent || events.Reader.Count < MostWaiting)
            {
                events.Writer.TryWrite(happened);
            }
        }
    }
}
