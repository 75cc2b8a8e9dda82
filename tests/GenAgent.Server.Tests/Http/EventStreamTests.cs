using GenAgent.Server.Http;
using GenAgent.Server.Security;
using GenAgent.Server.Tests.Serving;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace GenAgent.Server.Tests.Http;

/// <summary>Streams to clients that take nothing, say nothing, or are gone.</summary>
public sealed class EventStreamTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_takes_nothing_is_let_go()
    {
        var time = new FakeTimeProvider();
        var streams = new EventStreams(new() { EventStreams = 1 });
        var (context, gone) = ContextOf(streams, new Stuck());
        var stream = await EventStream.BeginAsync(context, ServerJson.Options, time);

        var writing = stream.WriteAsync("text", new { text = "two red circles" });
        time.Advance(TimeSpan.FromSeconds(29));
        writing.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(2));

        await Should.ThrowAsync<OperationCanceledException>(() => writing);
        gone.WasAborted.ShouldBeTrue();
        Should.Throw<RefusedException>(() => streams.Open(null).Dispose());
        stream.Dispose();
        streams.Open(null).Dispose();
    }

    [Fact]
    public async Task A_stream_on_which_nothing_happens_is_kept_open_by_comments()
    {
        var time = new FakeTimeProvider();
        var body = new Watched();
        var (context, _) = ContextOf(new(new()), body);
        using var stream = await EventStream.BeginAsync(context, ServerJson.Options, time);
        var happened = new TaskCompletionSource();
        var reading = Task.Run(async () => await stream.KeepingAliveAsync(OneAsync(happened.Task)).CountAsync(Cancellation), Cancellation);

        for (var silence = 0; silence < 3; silence++)
        {
            var written = body.Written;
            await Until.TrueAsync(
                () =>
                {
                    time.Advance(TimeSpan.FromSeconds(15));
                    return written.IsCompleted;
                },
                "a comment is written");
        }

        happened.SetResult();
        (await reading).ShouldBe(1);
        body.Text.ShouldContain(": still at work\n\n");
    }

    [Fact]
    public async Task Streams_left_open_hold_nobody_up_and_make_room_when_their_clients_are_gone()
    {
        await using var waiting = await RunningServer.StartAsync(["Server:EventStreams=20", "Server:Workers=0"]);
        var job = await waiting.SubmitAsync(new { prompt = "two red circles" });
        var open = new List<HttpResponseMessage>();
        for (var one = 0; one < 20; one++) open.Add(await OpenAsync());
        open.ShouldAllBe(stream => stream.IsSuccessStatusCode);
        using (var refused = await OpenAsync()) ((int)refused.StatusCode).ShouldBe(429);
        (await waiting.Client.GetAsync("/api/jobs", Cancellation)).IsSuccessStatusCode.ShouldBeTrue();

        // Not closed in order: the connections are cut.
        open.ForEach(stream => stream.Dispose());

        for (var isOpen = false; !isOpen;)
        {
            using var again = await OpenAsync();
            isOpen = again.IsSuccessStatusCode;
        }

        Task<HttpResponseMessage> OpenAsync() => waiting.Client.GetAsync($"/api/jobs/{job}/events", HttpCompletionOption.ResponseHeadersRead, Cancellation);
    }

    private static async IAsyncEnumerable<int> OneAsync(Task when)
    {
        await when;
        yield return 1;
    }

    private static (HttpContext Context, Lifetime Gone) ContextOf(EventStreams streams, Stream body)
    {
        var gone = new Lifetime();
        var context = new DefaultHttpContext { RequestServices = new ServiceCollection().AddSingleton(streams).BuildServiceProvider() };
        context.Response.Body = body;
        context.Features.Set<IHttpRequestLifetimeFeature>(gone);
        return (context, gone);
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        public bool WasAborted { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => WasAborted = true;
    }

    /// <summary>A connection whose buffers are full.</summary>
    private sealed class Stuck : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Task.Delay(Timeout.Infinite, cancellationToken));
    }

    /// <summary>Tells of each write.</summary>
    private sealed class Watched : MemoryStream
    {
        private TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Written => _written.Task;

        public string Text => System.Text.Encoding.UTF8.GetString(ToArray());

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            var written = _written;
            _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
            written.SetResult();
            return ValueTask.CompletedTask;
        }
    }
}
