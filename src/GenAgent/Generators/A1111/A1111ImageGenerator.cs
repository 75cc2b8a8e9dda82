using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Storage;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace GenAgent.Generators.A1111;

/// <summary>
/// Paints on a server with AUTOMATIC1111's API: stable-diffusion-webui, Forge, sd-server. With input images it is img2img.
/// Safe to call from many tasks at once; the server does one job at a time, so requests are queued here. Fails with
/// <see cref="BackendException"/>, <see cref="InvalidDataException"/> (an input image is broken), <see cref="ArgumentException"/> or cancellation, which
/// interrupts the server only if the running job is known to be this one, never another client's. A job cancelled while in the server's own queue cannot be
/// removed; its image is generated and discarded. Each image carries the seed that drew it (<see cref="ImageOptionsExtensions.GetSeed(AIContent)"/>).
/// </summary>
public sealed class A1111ImageGenerator : IImageGenerator
{
    private static readonly TimeSpan InterruptLimit = TimeSpan.FromSeconds(5);

    private readonly A1111Options _options;
    private readonly HttpClient _http;

    // For requests without retries: an interrupt that is repeated later would hit another job.
    private readonly HttpClient _once;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly ImageGeneratorMetadata _metadata;

    // The server's interrupt and progress have no job ids and apply to the running job, so only one of our jobs may run at a time.
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Creates the generator without calling the server.</summary>
    /// <param name="options">The options.</param>
    /// <param name="loggerFactory">Creates the logger; null for no log.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    public A1111ImageGenerator(A1111Options options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        _options = options;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<A1111ImageGenerator>();
        _metadata = new ImageGeneratorMetadata("a1111", options.Endpoint);

        // The same seed gives the same image, so a job may be repeated if its answer was lost.
        _http = Client(options.Http);
        _once = Client(options.Http with { MaxRetries = 0 });

        HttpClient Client(BackendHttpOptions limits)
        {
            var client = new BackendHttp(options.ToString(), limits)
            {
                LoggerFactory = loggerFactory,
                TimeProvider = _timeProvider,
                RepeatPosts = true
            }.CreateClient();
            client.BaseAddress = new Uri($"{options.Endpoint.AbsoluteUri.TrimEnd('/')}/sdapi/v1/");
            if (options.Credentials is not null)
            {
                client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                    "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(options.Credentials)));
            }

            return client;
        }
    }

    /// <inheritdoc/>
    public async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var count = ImageRequestGuard.Check(request, options);
        var job = A1111Request.From(request, options, count, _options);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var task = new A1111Task(_once, _timeProvider);
            if (cancellationToken.CanBeCanceled)
            {
                await task.LookBeforeAsync(cancellationToken);
            }

            return await PaintAsync(job with { TaskId = task.Id }, task, options, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ImageGeneratorMetadata) ? _metadata
        : serviceType.IsInstanceOfType(this) ? this : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _once.Dispose();
        _turn.Dispose();
    }

    private async Task<ImageGenerationResponse> PaintAsync(
        A1111Request job, A1111Task task, ImageGenerationOptions? options, CancellationToken cancellationToken)
    {
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = options.GetProgress() is { } progress ? WatchAsync(progress, task, watching.Token) : Task.CompletedTask;
        try
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(job, A1111Json.Default.A1111Request);
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var response = await _http.PostAsync(job.InitImages is null ? "txt2img" : "img2img", content, cancellationToken);
            return A1111Answer.Read(await response.Content.ReadAsByteArrayAsync(cancellationToken), job, _options.ToString());
        }
        catch (BackendRejectedException missing) when (missing.Status == 404 && missing.Message.Contains("Not Found", StringComparison.Ordinal))
        {
            throw missing.With("Is the server started with --api?");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await InterruptAsync(task);
            throw;
        }
        finally
        {
            await watching.CancelAsync();
            await watch;
        }
    }

    // Closing the connection does not stop the server, and its interrupt stops any running job, even another client's.
    private async Task InterruptAsync(A1111Task task)
    {
        using var limit = new CancellationTokenSource(InterruptLimit, _timeProvider);
        try
        {
            if (await task.IsRunningAsync(limit.Token))
            {
                using var answer = await _once.PostAsync("interrupt", content: null, limit.Token);
            }
            else
            {
                GeneratorLog.InterruptFailed(_logger, _options.ToString(), "the job that it runs is not known to be ours.");
            }
        }
        catch (Exception exception) when (exception is BackendException or OperationCanceledException)
        {
            // sd-server has no such endpoint; the job then runs to its end.
            GeneratorLog.InterruptFailed(_logger, _options.ToString(), exception.Message);
        }
    }

    private async Task WatchAsync(IProgress<ImageProgress> progress, A1111Task task, CancellationToken cancellationToken)
    {
        var last = 0.0;
        try
        {
            while (true)
            {
                await Task.Delay(_options.ProgressInterval, _timeProvider, cancellationToken);
                if (await task.IsQueuedAsync(cancellationToken))
                {
                    // The server still reports the previous job.
                    progress.Report(new ImageProgress(last, "queued"));
                    continue;
                }

                using var response = await _http.GetAsync("progress?skip_current_image=false", cancellationToken);
                using var document = LooseJson.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
                var report = A1111Progress.Read(document.RootElement, last);
                last = report.Fraction;
                progress.Report(report);
            }
        }
        catch (OperationCanceledException)
        {
            // The job is done.
        }
        catch (Exception exception) when (exception is BackendException or JsonException or InvalidOperationException)
        {
            // Progress is optional (sd-server has none).
            GeneratorLog.NoProgress(_logger, _options.ToString(), exception.Message);
        }
    }
}
