using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Generators.Delegating;

/// <summary>
/// Gathers requests that can be painted side by side, and hands them on together: when enough have come, or the first has waited long enough.
/// A request's images do not depend on its neighbours, and neither does its failure: a batch that fails is painted one by one.
/// </summary>
internal sealed class BatchingImageGenerator(IImageGenerator inner, IBatchImageGenerator batch, ImageBatchOptions options, ILogger logger, TimeProvider timeProvider)
    : DelegatingImageGenerator(inner)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Gathering> _gathering = new(StringComparer.Ordinal);

    public override async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? requestOptions = null, CancellationToken cancellationToken = default)
    {
        // A seed that the generator would choose itself cannot be kept apart from its neighbours'.
        if (requestOptions.GetSeed() is null || ImageRequestKey.Batch(request, requestOptions) is not { } key)
        {
            return await base.GenerateAsync(request, requestOptions, cancellationToken);
        }

        var place = new Place(request, requestOptions);
        Gathering gathering;
        lock (_lock)
        {
            if (!_gathering.TryGetValue(key, out gathering!))
            {
                gathering = _gathering[key] = new Gathering();
                _ = RunAsync(key, gathering);
            }

            gathering.Places.Add(place);
            gathering.Images += requestOptions?.Count ?? 1;
            if (gathering.Images >= options.MaxImages)
            {
                _gathering.Remove(key);
                gathering.Full.TrySetResult();
            }
        }

        await using var registration = cancellationToken.Register(() => Leave(gathering, place, cancellationToken));
        return await place.Result.Task;
    }

    private void Leave(Gathering gathering, Place place, CancellationToken cancellationToken)
    {
        place.Result.TrySetCanceled(cancellationToken);
        lock (_lock)
        {
            // Nobody waits any longer: the work is stopped too. Before it has begun, whoever is left is enough.
            if (gathering.Begun && gathering.Places.TrueForAll(other => other.Result.Task.IsCanceled))
            {
                gathering.Stop.Cancel();
            }
        }
    }

    private async Task RunAsync(string key, Gathering gathering)
    {
        using (var waited = new CancellationTokenSource())
        {
            await Task.WhenAny(gathering.Full.Task, Task.Delay(options.MaxWait, timeProvider, waited.Token));
            await waited.CancelAsync();
        }

        List<Place> places;
        lock (_lock)
        {
            if (_gathering.TryGetValue(key, out var present) && ReferenceEquals(present, gathering))
            {
                _gathering.Remove(key);
            }

            gathering.Begun = true;
            gathering.Places.RemoveAll(place => place.Result.Task.IsCanceled);
            places = [.. gathering.Places];
        }

        await PaintAsync(places, gathering.Stop.Token);
    }

    private async Task PaintAsync(List<Place> places, CancellationToken cancellationToken)
    {
        if (places.Count > 1)
        {
            try
            {
                var responses = await batch.GenerateBatchAsync([.. places.Select(place => (place.Request, place.Options))], cancellationToken);
                if (responses.Count == places.Count)
                {
                    foreach (var (place, response) in places.Zip(responses))
                    {
                        place.Result.TrySetResult(response);
                    }

                    return;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // One of them cannot be painted; which one is found out below, and the others are not made to pay for it.
                GeneratorLog.BatchFailed(logger, places.Count, exception.Message);
            }
        }

        foreach (var place in places)
        {
            await PaintAloneAsync(place, cancellationToken);
        }
    }

    private async Task PaintAloneAsync(Place place, CancellationToken cancellationToken)
    {
        if (place.Result.Task.IsCompleted)
        {
            return;
        }

        try
        {
            place.Result.TrySetResult(await InnerGenerator.GenerateAsync(place.Request, place.Options, cancellationToken));
        }
        catch (OperationCanceledException exception)
        {
            place.Result.TrySetCanceled(exception.CancellationToken);
        }
        catch (Exception exception)
        {
            place.Result.TrySetException(exception);
        }
    }

    private sealed record Place(ImageGenerationRequest Request, ImageGenerationOptions? Options)
    {
        public TaskCompletionSource<ImageGenerationResponse> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Gathering
    {
        public List<Place> Places { get; } = [];

        public TaskCompletionSource Full { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationTokenSource Stop { get; } = new();

        public int Images { get; set; }

        public bool Begun { get; set; }
    }
}

/// <summary>How requests are gathered.</summary>
public sealed record ImageBatchOptions
{
    /// <summary>How many images make a batch full, 1 or more.</summary>
    public int MaxImages { get; init; } = 8;

    /// <summary>The longest that a request waits for others.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMilliseconds(20);
}
