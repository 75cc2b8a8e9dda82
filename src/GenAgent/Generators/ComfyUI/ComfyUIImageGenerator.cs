using System.Net.WebSockets;
using System.Security.Cryptography;
using GenAgent.Generators.Imaging;
using GenAgent.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace GenAgent.Generators.ComfyUI;

/// <summary>
/// Paints on a ComfyUI server, by a workflow with placeholders. Progress and previews come over its WebSocket; if that fails, the job is polled instead.
/// Safe to call from many tasks at once. Fails with <see cref="BackendException"/>, <see cref="InvalidDataException"/> (an input image is broken),
/// <see cref="ArgumentException"/> or cancellation, which removes the job from the server. Each image carries the seed that drew it
/// (<see cref="ImageOptionsExtensions.GetSeed(AIContent)"/>), where the workflow has one.
/// </summary>
public sealed class ComfyUIImageGenerator : IImageGenerator
{
    private const int MostTimesUnknown = 3;

    private static readonly TimeSpan AbandonLimit = TimeSpan.FromSeconds(5);

    private readonly ComfyUIOptions _options;
    private readonly ComfyServer _server;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly ImageGeneratorMetadata _metadata;
    private readonly ILogger _notices;
    private int _toldOutputs;

    /// <summary>Creates the generator without calling the server.</summary>
    /// <param name="options">The options.</param>
    /// <param name="loggerFactory">Creates the logger; null for no log.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    public ComfyUIImageGenerator(ComfyUIOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        _options = options;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<ComfyUIImageGenerator>();
        _server = new ComfyServer(options, loggerFactory, _timeProvider);
        _metadata = new ImageGeneratorMetadata("comfyui", options.Endpoint, options.Workflow.Name);
        _notices = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger(ServerNotices.Category);
        if (options.Output is { } output && !options.Workflow.HasNode(output))
        {
            throw new InvalidDataException($"Workflow {options.Workflow.Name} has no node \"{output}\" (\"?output={output}\").");
        }

        if (!options.Workflow.HasSeed)
        {
            ServerLog.Notice(
                _notices,
                $"Workflow {options.Workflow.Name} has no \"{{{{seed}}}}\": all candidates of a prompt will be alike, and no image can be made again. Put it "
                    + "where the sampler's seed stands.");
        }
    }

    /// <inheritdoc/>
    public async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var count = ImageRequestGuard.Check(request, options);
        options.RefuseMask("A ComfyUI workflow");
        var inputs = CheckInputs(request);
        var jobCount = _options.BatchOnServer && _options.Workflow.HasBatch ? 1 : count;
        var clientId = Guid.NewGuid().ToString("N");
        using var limit = new CancellationTokenSource(_options.Http.TotalTimeout, _timeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var watch = new ComfyWatch(_options.Workflow, options.GetProgress(), jobCount, new ComfyAllowance(_options.Http));
        var open = new List<string>();
        try
        {
            await using var socket = await ConnectAsync(clientId, watch, both.Token);
            var values = ComfyValues.From(request, options, jobCount == count ? 1 : count);
            for (var i = 0; i < inputs.Count; i++)
            {
                values[i == 0 ? "image" : $"image{i + 1}"] = await _server.UploadAsync(inputs[i], both.Token);
            }

            var seed = options.GetSeed() ?? RandomNumberGenerator.GetInt32(int.MaxValue);
            var jobs = new List<(string Id, long Seed)>();
            for (var i = 0; i < jobCount; i++)
            {
                values["seed"] = seed + i;
                jobs.Add((await SubmitAsync(values, clientId, open, watch, both.Token), seed + i));
            }

            var images = new List<AIContent>();
            foreach (var (id, drawn) in jobs)
            {
                var end = await WaitAsync(id, watch, socket, both.Token);
                open.Remove(id);
                images.AddRange(await CollectAsync(id, end, drawn, both.Token));
            }

            return new ImageGenerationResponse(images);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BackendUnavailableException(
                $"{_options} has not finished within {_options.Http.TotalTimeout.TotalSeconds:0.##} s; the job was taken off the server.");
        }
        finally
        {
            await AbandonAsync(open);
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ImageGeneratorMetadata) ? _metadata
        : serviceType == typeof(GeneratorProfile) ? new GeneratorProfile { TakesOriginalImages = _options.Workflow.ImageCount > 0 }
        : serviceType == typeof(ComfyWorkflow) ? _options.Workflow
        : serviceType.IsInstanceOfType(this) ? this : null;

    /// <inheritdoc/>
    public void Dispose() => _server.Dispose();

    private List<DataContent> CheckInputs(ImageGenerationRequest request)
    {
        var images = (request.OriginalImages ?? []).ToArray();
        if (images.Length != _options.Workflow.ImageCount)
        {
            throw new ArgumentException(
                $"Workflow {_options.Workflow.Name} takes {_options.Workflow.ImageCount} input images, but {images.Length} are given. Its placeholders for "
                    + $"them are {{{{image}}}}, {{{{image2}}}} and so on.",
                nameof(request));
        }

        return [.. images.Select((image, index) => image is DataContent data
            ? PortableImage.From(data, $"Input image {index + 1}")
            : throw new ArgumentException($"Input image {index + 1} is a {image.GetType().Name}; this backend takes images as data.", nameof(request)))];
    }

    private async Task<ComfySocket?> ConnectAsync(string clientId, ComfyWatch watch, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Http.ConnectTimeout, _timeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await ComfySocket.ConnectAsync(_options, clientId, watch.Take, both.Token);
        }
        catch (Exception exception) when (exception is WebSocketException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // If the server is down, queueing the job fails next; if only WebSockets are blocked, polling still works.
            GeneratorLog.SocketLost(_logger, _options.ToString(), exception.Message);
            return null;
        }
    }

    private async Task<string> SubmitAsync(
        Dictionary<string, object> values, string clientId, List<string> open, ComfyWatch watch, CancellationToken cancellationToken)
    {
        // We choose the id, so that the job can be found and stopped even if the answer is lost.
        var wanted = Guid.NewGuid().ToString();
        var workflow = _options.Workflow.Fill(values);
        open.Add(wanted);
        string id;
        IReadOnlyList<string> leftOut;
        try
        {
            (id, leftOut) = await _server.SubmitAsync(workflow, clientId, wanted, cancellationToken);
        }
        catch (BackendException)
        {
            open.Remove(wanted);
            throw;
        }

        open[^1] = id;
        watch.Own(id);
        foreach (var part in leftOut)
        {
            GeneratorLog.PartLeftOut(_logger, _options.ToString(), part);
        }

        return id;
    }

    private async Task<ComfyEnd> WaitAsync(string id, ComfyWatch watch, ComfySocket? socket, CancellationToken cancellationToken)
    {
        var end = watch.Job(id).End;
        var unknown = 0;
        while (true)
        {
            var isOpen = socket is not null && !socket.Closed.IsCompleted;
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var delay = Task.Delay(isOpen ? _options.SilenceLimit : _options.PollInterval, _timeProvider, pause.Token);
            await (isOpen ? Task.WhenAny(end, delay, socket!.Closed) : Task.WhenAny(end, delay));
            await pause.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            if (end.IsCompletedSuccessfully)
            {
                return await end;
            }

            if (isOpen && socket!.Closed.IsCompleted)
            {
                GeneratorLog.SocketLost(_logger, _options.ToString(), await socket.Closed);
            }

            if (await _server.HistoryAsync(id, cancellationToken) is { } past)
            {
                return past;
            }

            unknown = await _server.QueueAsync(id, cancellationToken) is (false, false) ? unknown + 1 : 0;
            if (unknown == MostTimesUnknown)
            {
                throw new BackendUnavailableException($"{_options} no longer knows the job {id}: it was deleted there, or the server was started anew.");
            }
        }
    }

    private async Task<IReadOnlyList<AIContent>> CollectAsync(string id, ComfyEnd end, long seed, CancellationToken cancellationToken)
    {
        if (end.Fault is not null)
        {
            throw end.Fault.ToException(_options.ToString());
        }

        if (end.IsInterrupted)
        {
            throw new BackendUnavailableException($"{_options}: somebody interrupted the job.");
        }

        if (end.TooMuch is { } limit)
        {
            throw TooMuch(limit);
        }

        // Older servers do not report the outputs of a fully cached run; the history has them.
        var written = end.Images.Count > 0 || end.Pictures.Count > 0 ? end.Images : (await _server.HistoryAsync(id, cancellationToken))?.Images ?? [];
        var (chosen, pictures) = Choose(written, end.Pictures);
        if (chosen.Count + pictures.Count > ComfyAllowance.MaxImages)
        {
            throw TooMuch($"{chosen.Count + pictures.Count} images for one job, more than {ComfyAllowance.MaxImages} (ComfyAllowance.MaxImages)");
        }

        var images = new List<AIContent>(pictures.Select(picture => Stamp(picture.Bytes, seed)));
        var allowance = new ComfyAllowance(_options.Http);
        foreach (var image in chosen)
        {
            var bytes = await _server.ViewAsync(image, cancellationToken);
            images.Add(allowance.Exceeds(images.Count + 1, bytes.Length) is { } exceeded ? throw TooMuch(exceeded) : Stamp(bytes, seed));
        }

        return images.Count > 0
            ? images
            : throw new BackendAnswerException($"{_options} ran without making an image: end the workflow with SaveImage, PreviewImage or SaveImageWebsocket.");
    }

    // The images of one node: the named one, else the last saving node in execution order, since drafts come before final images.
    private (IReadOnlyList<ComfyImage> Written, IReadOnlyList<ComfyPicture> Pictures) Choose(
        IReadOnlyList<ComfyImage> written, IReadOnlyList<ComfyPicture> pictures)
    {
        var nodes = written.Select(image => image.Node).Concat(pictures.Select(picture => picture.Node)).Distinct(StringComparer.Ordinal).ToList();
        if (_options.Output is { } wanted && !nodes.Contains(wanted, StringComparer.Ordinal))
        {
            throw new BackendAnswerException(
                $"{_options}: node {wanted} has made no image (\"?output={wanted}\"). Images came from: "
                    + $"{(nodes.Count == 0 ? "none" : string.Join(", ", nodes))}.");
        }

        var saving = written.Where(image => image.Kind is "output")
            .Select(image => image.Node)
            .Concat(pictures.Select(picture => picture.Node))
            .ToHashSet(StringComparer.Ordinal);
        var candidates = nodes.Where(node => saving.Count == 0 || saving.Contains(node)).ToList();
        var node = _options.Output ?? candidates.MaxBy(_options.Workflow.OrderOf);
        if (_options.Output is null && candidates.Count > 1 && Interlocked.Exchange(ref _toldOutputs, 1) == 0)
        {
            ServerLog.Notice(
                _notices,
                $"{_options}: nodes {string.Join(", ", candidates)} have made images; those of node {node} are taken. Name another with \"?output=NODE\".");
        }

        return ([.. written.Where(image => string.Equals(image.Node, node, StringComparison.Ordinal))],
            [.. pictures.Where(picture => string.Equals(picture.Node, node, StringComparison.Ordinal))]);
    }

    private BackendAnswerException TooMuch(string limit) => new($"{_options} sends {limit}. The rest was not read.");

    private DataContent Stamp(byte[] bytes, long seed)
    {
        var image = ImageHeader.ToContent(bytes, _options.ToString());
        return _options.Workflow.HasSeed ? image.WithSeed(seed) : image;
    }

    private async Task AbandonAsync(List<string> jobs)
    {
        if (jobs.Count == 0)
        {
            return;
        }

        using var limit = new CancellationTokenSource(AbandonLimit, _timeProvider);
        try
        {
            await _server.AbandonAsync(jobs, limit.Token);
        }
        catch (Exception exception) when (exception is BackendException or OperationCanceledException)
        {
            GeneratorLog.InterruptFailed(_logger, _options.ToString(), exception.Message);
        }
    }
}
