using GenAgent.Web.Tests.Browsing;
using GenAgent.Web.Tests.Data;
using Microsoft.AspNetCore.Builder;
using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using GenAgent.Server;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Site))]

namespace GenAgent.Web.Tests.Browsing;

/// <summary>
/// The whole server in this process, with the miniature world's agent and generator and 10,000 synthetic trajectories, and one headless Chromium. All tests
/// share it.
/// </summary>
public class Site : IAsyncLifetime
{
    private WebApplication? _app;
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private string? _folder;

    internal string Address => _app!.Urls.First();

    public async ValueTask InitializeAsync()
    {
        if (Chromium.Path is null) return;
        _folder = Directory.CreateTempSubdirectory("genagent-web-").FullName;
        SyntheticFolder.Write(Path.Combine(_folder, "browse"));
        var host = new HostOfTests
        {
            WorkingFolder = _folder,
            Environment = new Dictionary<string, string>(StringComparer.Ordinal),
            Time = TimeProvider.System,
            FreshSeed = () => 7,
            AddBackends = registry => registry.AddMicroWorld(),
        };
        string[] settings =
        [
            "Server:Urls=http://127.0.0.1:0",
            "Server:Data=data",
            "Server:Browse=browse",
            $"Server:Agents:small={SyntheticFolder.Model}",
            "Backends:Agent=oracle",
            "Backends:Generator=canvas"
        ];
        _app = GenAgentServer.Create(host, Settings.Read(host, null, [.. settings.Select(FlagValue.FromSetting)]));
        await _app.StartAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium.Path, Args = ["--no-sandbox", "--disable-gpu"] });
    }

    /// <summary>Opens a place of the page in a window of its own. Skips the test where there is no Chromium.</summary>
    /// <param name="place">The address behind the server's, such as <c>#/browse</c>.</param>
    /// <param name="screen">The window's size.</param>
    internal async Task<Visit> OpenAsync(string place, Screen screen)
    {
        if (_browser is null) Assert.Skip("There is no Chromium here: apt-get install chromium, or set CHROMIUM to its executable.");
        var page = await _browser.NewPageAsync(new() { ViewportSize = Screens.SizeOf(screen), ReducedMotion = ReducedMotion.Reduce });
        var visit = new Visit(page, Address);
        await visit.GoAsync(place);
        return visit;
    }

    /// <summary>Opens a page of the disk, as a double click does. Skips the test where there is no Chromium.</summary>
    /// <param name="path">The page's file.</param>
    /// <param name="screen">The window's size.</param>
    internal async Task<Visit> OpenFileAsync(string path, Screen screen)
    {
        if (_browser is null) Assert.Skip("There is no Chromium here: apt-get install chromium, or set CHROMIUM to its executable.");
        var page = await _browser.NewPageAsync(new() { ViewportSize = Screens.SizeOf(screen), ReducedMotion = ReducedMotion.Reduce });
        var visit = new Visit(page, new Uri(System.IO.Path.GetDirectoryName(path)!).AbsoluteUri);
        await visit.GoAsync(System.IO.Path.GetFileName(path));
        return visit;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        if (_folder is not null) Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private sealed class HostOfTests : HostEnvironment
    {
        public override IReadOnlyDictionary<string, Type> Sections { get; } =
            new Dictionary<string, Type>(OptionSections.All, StringComparer.OrdinalIgnoreCase) { [ServerOptions.SectionName] = typeof(ServerOptions) };
    }
}

/// <summary>Another one, for tests of a list that no other test adds to.</summary>
public sealed class UntouchedSite : Site;
