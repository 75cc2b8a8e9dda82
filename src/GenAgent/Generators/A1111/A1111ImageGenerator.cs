using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using GenAgent.Models;
using GenAgent.Models.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace GenAgent.Generators.A1111;

/// <summary>
/// Paints on a server with AUTOMATIC1111's API: stable-diffusion-webui, Forge, sd-server. With input images it is img2img.
/// Safe to call from many tasks at once; the server does one job at a time, so requests wait here for their turn. Fails with
/// <see cref="BackendException"/>, <see cref="InvalidDataException"/> (an input image is broken), <see cref="ArgumentException"/> or
/// cancellation, which interrupts the server where the job that it runs is known to be this one: never another client's. A job that
/// is cancelled while it waits in the server's own queue cannot be taken out of it; its image is painted for nobody.
/// Each image carries the seed that drew it (<see cref="ImageOptionsExtensions.GetSeed(AIContent)"/>).
/// </summary>
public sealed class A1111ImageGenerator : IImageGenerator
{
    private static readonly TimeSpan InterruptLimit = TimeSpan.FromSeconds(5);

    private readonly A1111Options _options;
    private readonly HttpClient _http;

    // For what must be said now or not at all: an interrupt that is sent again later would meet another job.
    private readonly HttpClient _once;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly ImageGeneratorMetadata _metadata;

    // The server's interrupt and progress know no names, only the job that runs: of ours, it must be the one that was asked for.
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Creates the generator; nothing is called yet.</summary>
    public A1111ImageGenerator(A1111Options options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        _options = options;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<A1111ImageGenerator>();
        _metadata = new ImageGeneratorMetadata("a1111", options.Endpoint);

        // The same seed gives the same image, so a job whose answer was lost may be asked for again.
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

    // Hanging up does not stop the server, and its interrupt stops whatever runs, another client's job too.
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
            // sd-server has no such call; the job then ends by itself.
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
                    // What the server tells now is of the job before ours.
                    progress.Report(new ImageProgress(last, "queued"));
                    continue;
                }

                using var response = await _http.GetAsync("progress?skip_current_image=false", cancellationToken);
                using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
                var report = A1111Progress.Read(document.RootElement, last);
                last = report.Fraction;
                progress.Report(report);
            }
        }
        catch (OperationCanceledException)
        {
            // The job is done.
        }
        catch (Exception exception) when (exception is BackendException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // Progress is a courtesy: without it (sd-server has none) the image is as good.
            GeneratorLog.NoProgress(_logger, _options.ToString(), exception.Message);
        }
    }
}
