using System.Globalization;
using System.Text;
using System.Text.Json;
using GenAgent.Server.Jobs;
using GenAgent.Server.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Server.Http;

/// <summary>
/// Writes server-sent events to a response. A comment keeps the connection open while nothing happens; a client that takes nothing is let go.
/// </summary>
internal sealed class EventStream : IDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SlowestWrite = TimeSpan.FromSeconds(30);

    private readonly HttpContext _context;
    private readonly JsonSerializerOptions _json;
    private readonly TimeProvider _time;
    private readonly IDisposable _counted;

    private EventStream(HttpContext context, JsonSerializerOptions json, TimeProvider time, IDisposable counted) =>
        (_context, _json, _time, _counted) = (context, json, time, counted);

    private CancellationToken Gone => _context.RequestAborted;

    /// <summary>Begins the response: from here on the status is 200.</summary>
    /// <exception cref="RefusedException">Too many streams are open.</exception>
    public static async Task<EventStream> BeginAsync(HttpContext context, JsonSerializerOptions json, TimeProvider time)
    {
        var counted = context.RequestServices.GetRequiredService<EventStreams>().Open(Caller.Of(context).Owner);
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers["X-Accel-Buffering"] = "no";
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await context.Response.StartAsync(context.RequestAborted);
            return new(context, json, time, counted);
        }
        catch
        {
            counted.Dispose();
            throw;
        }
    }

    /// <summary>Writes one event.</summary>
    /// <param name="name">The event's name; null for none.</param>
    /// <param name="data">The event.</param>
    public Task WriteAsync(string? name, object data) => SendAsync(
    [
        .. Encoding.UTF8.GetBytes(name is null ? "data: " : $"event: {name}\ndata: "),
        .. JsonSerializer.SerializeToUtf8Bytes(data, data.GetType(), _json),
        .. "\n\n"u8,
    ]);

    /// <summary>Writes an event of a job as it is kept, with its number, from which a client can go on.</summary>
    public Task WriteAsync(JobEvent happened) => SendAsync(
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {happened.Sequence}\nevent: {happened.Kind}\ndata: {happened.Json}\n\n")));

    /// <summary>Writes the mark that chat completions end with.</summary>
    public Task DoneAsync() => SendAsync("data: [DONE]\n\n"u8.ToArray());

    /// <summary>The elements as they come, with a comment to the client for each quarter of a minute without one.</summary>
    public async IAsyncEnumerable<T> KeepingAliveAsync<T>(IAsyncEnumerable<T> source)
    {
        await using var elements = source.GetAsyncEnumerator(Gone);
        while (true)
        {
            var next = elements.MoveNextAsync().AsTask();
            while (!await EndsAsync(next))
            {
                try
                {
                    await SendAsync(": still at work\n\n"u8.ToArray());
                }
                catch
                {
                    // The client is gone, and so the source ends too.
                    await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    throw;
                }
            }

            if (!await next) yield break;
            yield return elements.Current;
        }
    }

    public void Dispose() => _counted.Dispose();

    private async Task<bool> EndsAsync(Task task)
    {
        if (task.IsCompleted) return true;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Gone);
        var first = await Task.WhenAny(task, Task.Delay(Silence, _time, ended.Token));
        await ended.CancelAsync();
        return first == task || Gone.IsCancellationRequested;
    }

    private async Task SendAsync(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(SlowestWrite, _time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(Gone, limit.Token);
        try
        {
            await _context.Response.Body.WriteAsync(bytes, ends.Token);
            await _context.Response.Body.FlushAsync(ends.Token);
        }
        catch (OperationCanceledException) when (!Gone.IsCancellationRequested)
        {
            _context.Abort();
            throw;
        }
    }
}
