using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server.Tests.Serving;

/// <summary>A server of somebody else's, played in this process on a port of its own. It answers what is mapped before it is started.</summary>
internal abstract class StubApp : IAsyncDisposable
{
    protected StubApp()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        App = builder.Build();
    }

    public string Address => App.Urls.First();

    protected WebApplication App { get; }

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
    }
}
