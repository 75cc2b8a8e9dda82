using System.Collections.Concurrent;
using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Native;
using GenAgent.Torch.Tokenizers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Engine;

/// <summary>
/// Generates images with one FLUX.1 for any number of tasks at once. Requests of equal size and steps that arrive within a short wait are denoised
/// together; apart from rounding, an image depends only on its own request, not on the batch. A cancelled request leaves its batch at the next step. One
/// thread computes, so that memory stays constant; weights are loaded at the first request that needs them. Disposing cancels unfinished requests and
/// returns after the current step.
/// </summary>
public sealed class FluxImageEngine : IAsyncDisposable, IDisposable
{
    private const int LongestPrompt = 512;

    private readonly FluxParts _parts;
    private readonly FluxEngineOptions _options;
    private readonly PromptTokenizers _tokenizers;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly ConcurrentQueue<PaintJob> _arriving = new();
    private readonly List<PaintJob> _waiting = [];
    private readonly NativeThread _thread;

    /// <summary>Opens a model: configs and tokenizers are read and checked here, weights later.</summary>
    /// <param name="files">Where its parts are.</param>
    /// <param name="options">How to work; null for the defaults.</param>
    /// <param name="loggerFactory">Where to log; nowhere by default.</param>
    /// <param name="timeProvider">The clock for the batching wait; the system's by default.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidDataException">A config is invalid, or the parts belong to different models.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="TorchNativeException">libtorch cannot be loaded.</exception>
    public FluxImageEngine(FluxModelFiles files, FluxEngineOptions? options = null, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        _options = options ?? new FluxEngineOptions();
        string[] faults = [.. _options.Faults()];
        if (faults.Length > 0) throw new ArgumentException(string.Join(' ', faults), nameof(options));
        TorchNative.EnsureLoaded();
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<FluxImageEngine>();
        _timeProvider = timeProvider ?? TimeProvider.System;
        _parts = FluxParts.Open(files, DeviceOf(_options.Device), DtypeOf(_options.Dtype));
        _tokenizers = OpenTokenizers(files);
        _thread = new NativeThread("painter", Serve, End);
        _thread.Start();
    }

    /// <summary>What the model is called.</summary>
    public string Name => _parts.Files.Name;

    /// <summary>
    /// Steps that the model's folder recommends for a draft; null if it recommends none, or if the options set the number of steps.
    /// </summary>
    public int? DraftSteps => _options.DefaultSteps is null ? _parts.Files.Defaults.DraftSteps : null;

    /// <summary>Sides of images are multiples of this, in pixels.</summary>
    public int SizeMultiple => _parts.Autoencoder.Downscale * Sampling.LatentPacking.PatchSide;

    /// <summary>Paints an image.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The image, and the seed that drew it.</returns>
    /// <exception cref="ArgumentException">A value of the request cannot be painted.</exception>
    /// <exception cref="InvalidDataException">A weight file or a LoRA is broken, or for another model.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, or the engine disposed.</exception>
    public async Task<FluxImage> PaintAsync(FluxImageRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_thread.IsStopped, this);
        var plan = ImagePlan.Of(request, _parts, _options);
        foreach (var warning in plan.Warnings) EngineLog.Warned(_logger, warning);
        var prompt = Tokenize(request.Prompt);
        var negative = plan.Key.ClassifierFree ? Tokenize(request.NegativePrompt ?? "") : null;
        var job = new PaintJob(plan, prompt, negative, _timeProvider.GetTimestamp(), cancellationToken);
        job.Report("queued", 0, plan.Key.Steps);
        _arriving.Enqueue(job);
        _thread.Wake();
        if (_thread.IsStopped) job.Cancel(_thread.Stopped);
        await using var registration = cancellationToken.Register(() => job.Cancel(cancellationToken));
        return await job.Result;
    }

    /// <inheritdoc/>
    public void Dispose() => _thread.Dispose();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(Task.Run(Dispose));

    private PromptIds Tokenize(string prompt)
    {
        var ids = _tokenizers.Encode(prompt);
        foreach (var warning in ids.Warnings()) EngineLog.Warned(_logger, warning);
        return ids;
    }

    private void Serve()
    {
        using var painter = new BatchPainter(
            _parts,
            _options,
            part => EngineLog.Unloaded(_logger, part.Name, part.Bytes),
            part => EngineLog.Loading(_logger, part.Name, MemoryRoom.Say(part.Bytes)));
        while (!_thread.IsStopped)
        {
            while (_arriving.TryDequeue(out var job)) _waiting.Add(job);
            _waiting.RemoveAll(job => !job.IsWanted);
            if (_waiting.Count == 0)
            {
                _thread.Wait();
                continue;
            }

            // The oldest request, and those that can share its batch.
            var oldest = _waiting[0];
            List<PaintJob> batch = [.. _waiting.Where(job => job.Plan.Key == oldest.Plan.Key).Take(_options.MaxBatch)];
            var patience = _options.MaxWait - _timeProvider.GetElapsedTime(oldest.Arrived);
            if (batch.Count == _options.MaxBatch || patience <= TimeSpan.Zero)
            {
                _waiting.RemoveAll(batch.Contains);
                Paint(painter, batch);
                continue;
            }

            using var enough = _timeProvider.CreateTimer(static thread => ((NativeThread)thread!).Wake(), _thread, patience, Timeout.InfiniteTimeSpan);
            _thread.Wait();
        }
    }

    private void End(Exception? fault)
    {
        while (_arriving.TryDequeue(out var job)) _waiting.Add(job);
        foreach (var job in _waiting)
        {
            if (fault is null) job.Cancel(_thread.Stopped);
            else job.Fail(fault);
        }
    }

    private void Paint(BatchPainter painter, List<PaintJob> batch)
    {
        var key = batch[0].Plan.Key;
        EngineLog.Painting(_logger, batch.Count, key.Width, key.Height, key.Steps);
        try
        {
            painter.Paint(batch, _thread.Stopped);
        }
        catch (OperationCanceledException) when (_thread.Stopped.IsCancellationRequested)
        {
            foreach (var job in batch) job.Cancel(_thread.Stopped);
        }
        catch (Exception fault)
        {
            // The fault fails the requests of the batch; the engine continues.
            EngineLog.Failed(_logger, fault, batch.Count);
            foreach (var job in batch) job.Fail(fault);
        }
    }

    private PromptTokenizers OpenTokenizers(FluxModelFiles files)
    {
        var length = _options.MaxSequenceLength ?? Math.Min(PromptLength.Of(files.T5Tokenizer) ?? LongestPrompt, LongestPrompt);
        return new PromptTokenizers(
            new PromptTokenizer(OpenTokenizer(files.T5Tokenizer, files.T5, _parts.T5.VocabSize), length),
            new PromptTokenizer(OpenTokenizer(files.ClipTokenizer, files.Clip, _parts.Clip.VocabSize), _parts.Clip.MaxPositionEmbeddings));
    }

    private static Tokenizer OpenTokenizer(string path, string encoder, int vocabulary)
    {
        var tokenizer = TokenizerLoader.Load(path);
        return tokenizer.IdLimit <= vocabulary
            ? tokenizer
            : throw new InvalidDataException(
                $"{path}: its ids go up to {tokenizer.IdLimit - 1}, but the text encoder {encoder} knows {vocabulary} (\"vocab_size\"). The parts are of "
                    + "different models.");
    }

    private static Device DeviceOf(string? name) => name is null ? (cuda.is_available() ? CUDA : CPU) : device(name);

    private static ScalarType? DtypeOf(string? name) => name switch
    {
        "float32" => ScalarType.Float32,
        "bfloat16" => ScalarType.BFloat16,
        "float16" => ScalarType.Float16,
        _ => null,
    };
}
