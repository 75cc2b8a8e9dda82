using System.Globalization;
using System.Text;
using GenAgent.Server.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace GenAgent.Server.Http;

/// <summary>Writes a job's events as server-sent events, with a comment where nothing happens for a while.</summary>
internal sealed class EventWriter(HttpContext context, TimeProvider time)
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SlowestWrite = TimeSpan.FromSeconds(30);

    private CancellationToken Gone => context.RequestAborted;

    public async Task WriteAsync(IAsyncEnumerable<JobEvent> events)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await context.Response.StartAsync(Gone);
        await using var source = events.GetAsyncEnumerator(Gone);
        var next = source.MoveNextAsync().AsTask();
        while (true)
        {
            if (await EndsWithinAsync(next, Silence))
            {
                if (!await next) return;
                await SendAsync(TextOf(source.Current));
                next = source.MoveNextAsync().AsTask();
            }
            else
            {
                await SendAsync(": still here\n\n");
            }
        }
    }

    // A client that takes nothing is let go: an open stream costs memory.
    private async Task SendAsync(string text)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Gone);
        limit.CancelAfter(SlowestWrite);
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), limit.Token);
        await context.Response.Body.FlushAsync(limit.Token);
    }

    private async Task<bool> EndsWithinAsync(Task task, TimeSpan limit)
    {
        if (task.IsCompleted) return true;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Gone);
        var first = await Task.WhenAny(task, Task.Delay(limit, time, ended.Token));
        await ended.CancelAsync();
        Gone.ThrowIfCancellationRequested();
        return first == task;
    }

    private static string TextOf(JobEvent happened) =>
        string.Create(CultureInfo.InvariantCulture, $"id: {happened.Sequence}\nevent: {happened.Kind}\ndata: {happened.Json}\n\n");
}
