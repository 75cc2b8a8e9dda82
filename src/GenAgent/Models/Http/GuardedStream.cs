namespace GenAgent.Models.Http;

/// <summary>
/// A read-only streamed answer that throws a typed exception if it is too large, silent too long, takes too long or breaks off. Disposing it closes the
/// connection.
/// </summary>
internal sealed class GuardedStream(Stream inner, string backend, BackendHttpOptions options, TimeProvider timeProvider)
    : AnswerStream(inner)
{
    private readonly long _start = timeProvider.GetTimestamp();
    private long _taken;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var left = options.TotalTimeout - timeProvider.GetElapsedTime(_start);
        if (left <= TimeSpan.Zero)
        {
            throw new BackendUnavailableException(
                $"{backend} was still answering after {options.TotalTimeout.TotalSeconds:0.##} s. Ask for less, or raise the timeout.");
        }

        using var limit = new CancellationTokenSource(left < options.IdleTimeout ? left : options.IdleTimeout, timeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var read = await Inner.ReadAsync(buffer, both.Token);
            _taken += read;
            return _taken <= options.MaxResponseBytes
                ? read
                : throw new BackendAnswerException(
                    $"{backend} sends more than the {options.MaxResponseBytes} bytes that are taken of an answer (Http:MaxResponseBytes). The rest was not "
                        + "read.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BackendUnavailableException(
                $"{backend} fell silent in the middle of its answer, or is too slow: "
                    + $"{(left < options.IdleTimeout ? options.TotalTimeout : options.IdleTimeout).TotalSeconds:0.##} s have passed.");
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw new BackendUnavailableException($"{backend} broke off in the middle of its answer: {exception.GetBaseException().Message}", exception);
        }
    }
}
