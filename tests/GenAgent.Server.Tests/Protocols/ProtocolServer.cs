using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using GenAgent.Agents;
using GenAgent.Hosting.DependencyInjection;
using GenAgent.Models;
using GenAgent.Seeds;
using GenAgent.Server.Jobs;
using GenAgent.Server.OpenAI;
using GenAgent.Server.Protocols;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server.Tests.Protocols;

public sealed class ProtocolServer : IAsyncLifetime
{
    private WebApplication? _app;
    private Uri? _address;
    public HttpClient Http { get; } = new();
    public Uri At(string path) => new(_address!, path);
    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddConsole().SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddGenAgent(o => { o.Backends.Agent = "oracle"; o.Backends.Generator = "repaint"; o.Backends.Judge = "verifier"; }).AddBackends(r => Repainter.AddTo(r.AddMicroWorld()));
        builder.Services.AddSingleton<IJobs, FakeJobs>();
        builder.Services.AddSingleton(new ServedModels(["quick"], ["canvas"], TimeProvider.System));
        builder.Services.AddProtocols();
        _app = builder.Build();
        _app.MapProtocols();
        await _app.StartAsync();
        _address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }
    public async Task UntilIdleAsync(CancellationToken ct) { var jobs = (FakeJobs)_app!.Services.GetRequiredService<IJobs>(); while (jobs.Active > 0) await Task.Delay(10, ct); }
    public async ValueTask DisposeAsync() { Http.Dispose(); if (_app is not null) await _app.DisposeAsync(); }
}

internal sealed class FakeJobs(ImageAgent agent) : IJobs
{
    private readonly ConcurrentDictionary<string, (Channel<JobEvent> Events, CancellationTokenSource Stop, List<JobSample> Samples)> _jobs = new();
    private readonly ConcurrentDictionary<string, byte[]> _images = new();
    private int _active;
    public int Active => _active;
    public Task<Job> SubmitAsync(JobRequest request, CancellationToken cancellationToken)
    {
        if (request.Prompt.Length > 10000) throw new ArgumentException("The prompt is too long");
        var images = new List<DataContent>();
        foreach (var i in request.Images) { using var b = SkiaSharp.SKBitmap.Decode(i.Span); if (b is null) throw new ArgumentException("An image is no image"); images.Add(new DataContent(i, "image/png")); }
        var id = Guid.NewGuid().ToString("N"); var job = (Channel.CreateUnbounded<JobEvent>(), new CancellationTokenSource(), new List<JobSample>());
        _jobs[id] = job; Interlocked.Increment(ref _active);
        _ = Task.Run(async () =>
        {
            long n = 0; var tasks = Enumerable.Range(0, request.Count).Select(async s =>
            {
                try
                {
                    await foreach (var e in agent.RunStreamingAsync(new AgentRequest(request.Prompt) { OriginalImages = images, Seed = request.Seed is { } seed ? SeedPath.FromRoot(seed).Child("sample", s) : null }, job.Item2.Token))
                    {
                        if (e is ImageEvent i) _images[i.Reference.Id] = i.Image.Data.ToArray();
                        var json = JsonDocument.Parse(AgentEventJson.Write(e)).RootElement.Clone();
                        job.Item1.Writer.TryWrite(new JobEvent(Interlocked.Increment(ref n), s, json.GetProperty("event").GetString()!, json));
                    }
                }
                catch (Exception f) { lock (job.Item3) job.Item3.Add(new(s, f.Message)); }
            });
            await Task.WhenAll(tasks); job.Item1.Writer.Complete(); Interlocked.Decrement(ref _active);
        });
        return Task.FromResult(new Job(id, "queued"));
    }
    public Task<Job?> FindAsync(string id, CancellationToken cancellationToken) => Task.FromResult<Job?>(new Job(id, "x") { Samples = _jobs[id].Samples });
    public Task<bool> CancelAsync(string id, CancellationToken cancellationToken) { _jobs[id].Stop.Cancel(); return Task.FromResult(true); }
    public async IAsyncEnumerable<JobEvent> EventsAsync(string id, long after, [EnumeratorCancellation] CancellationToken cancellationToken) { await foreach (var e in _jobs[id].Events.Reader.ReadAllAsync(cancellationToken)) yield return e; }
    public Task<ReadOnlyMemory<byte>> ReadImageAsync(string id, CancellationToken cancellationToken) => _images.TryGetValue(id, out var b) ? Task.FromResult<ReadOnlyMemory<byte>>(b) : throw new KeyNotFoundException();
}
