using System.Globalization;
using System.Text.Json.Nodes;
using GenAgent.EngineStubs.Sglang;
using GenAgent.EngineStubs.Vllm;
using GenAgent.EngineStubs.Weights;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAgent.EngineStubs;

/// <summary>A stub that serves on the loopback. Disposing of it stops it.</summary>
public sealed class StubServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubServer(WebApplication app, StubContext context)
    {
        (_app, Context) = (app, context);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Where it answers.</summary>
    public Uri Address { get; }

    /// <summary>Its model, faults and record.</summary>
    public StubContext Context { get; }

    /// <summary>The faults that can be switched on.</summary>
    public StubFaults Faults => Context.Faults;

    /// <summary>What it was asked.</summary>
    public StubRecord Record => Context.Record;

    /// <summary>Loads the model and serves.</summary>
    /// <param name="options">How.</param>
    /// <param name="more">Adds routes; null for none.</param>
    /// <returns>The server.</returns>
    public static async Task<StubServer> StartAsync(StubOptions options, Action<WebApplication, StubContext>? more = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var context = new StubContext(options, new StubModel(options.Folder, options.Version, options.Threads));
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{options.Port}"));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 1L << 30);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Use(context.GuardAsync);
        app.MapPost("/stub/faults", (JsonObject faults) => context.SetFaults(faults));
        app.MapGet("/stub/hanging", () => context.Hanging);
        switch (options.Engine)
        {
            case StubEngine.Vllm:
                new VllmRoutes(context).Map(app);
                new VllmWeightRoutes(context).Map(app);
                break;
            default:
                new SglangRoutes(context).Map(app);
                new SglangWeightRoutes(context).Map(app);
                break;
        }

        more?.Invoke(app, context);
        await app.StartAsync();
        return new StubServer(app, context);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var impatient = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(impatient.Token);
        await _app.DisposeAsync();
        Context.Model.Dispose();
    }
}
