using Microsoft.AspNetCore.Builder;

namespace GenAgent.Server.Tests.Serving;

/// <summary>A program of the server's that runs in this process on a port of its own. Disposing of it stops it, and deletes a folder that is its own.</summary>
internal abstract class RunningApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly bool _ownsFolder;

    protected RunningApp(WebApplication app, string folder, bool ownsFolder)
    {
        (_app, Folder, _ownsFolder) = (app, folder, ownsFolder);
        Client = new() { BaseAddress = new(app.Urls.First()), Timeout = TimeSpan.FromSeconds(120) };
    }

    public string Folder { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_ownsFolder) Directory.Delete(Folder, recursive: true);
    }
}
