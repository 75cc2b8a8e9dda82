using System.Collections.Concurrent;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace GenAgent.Web.Tests.Browsing;

/// <summary>
/// A window on the page. What the browser complains of, a refusal by the Content-Security-Policy included, fails the test in <see cref="CheckAsync"/>.
/// </summary>
internal sealed class Visit : IAsyncDisposable
{
    private static readonly string[] Grave = ["serious", "critical"];

    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly string _address;

    public Visit(IPage page, string address)
    {
        (Page, _address) = (page, address);
        page.SetDefaultTimeout(120_000);
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") _complaints.Enqueue($"{message.Text} ({message.Location})");
        };
        page.Request += (_, request) =>
        {
            var isOwn = request.Url.StartsWith(address, StringComparison.Ordinal) || request.Url.StartsWith("blob:", StringComparison.Ordinal)
                || request.Url is "about:blank";
            if (!isOwn) _complaints.Enqueue($"a request to another host: {request.Url[..Math.Min(request.Url.Length, 80)]}");
        };
    }

    public IPage Page { get; }

    public Task GoAsync(string place) => Page.GotoAsync($"{_address}/{place}");

    public ILocator Heading(string name) => Page.GetByRole(AriaRole.Heading, new() { Name = name, Level = 1 });

    /// <summary>
    /// Checks what must hold of every view: no complaint of the browser, no serious finding of axe, no image as text, nothing wider than the window.
    /// </summary>
    public async Task CheckAsync()
    {
        var found = await Page.RunAxe();
        found.Violations.Where(one => Grave.Contains(one.Impact, StringComparer.Ordinal))
            .Select(one => $"{one.Id}: {one.Help}: {string.Join(", ", one.Nodes.Take(3).Select(node => node.Html))}").ShouldBeEmpty();
        (await Page.ContentAsync()).ShouldNotContain(";base64,");
        var tooWide = await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
        tooWide.ShouldBeLessThanOrEqualTo(0, "The view is wider than the window.");
        _complaints.ShouldBeEmpty();
    }

    /// <summary>Checks what is shown in dark colours too, and keeps a screenshot of both where the variable SCREENSHOTS names a folder.</summary>
    public async Task ShowAsync(string name)
    {
        await KeepAsync(name);
        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });

        // Colours that are still on their way are nobody's choice.
        await Page.WaitForFunctionAsync("() => document.getAnimations().every(one => one.playState !== 'running')");
        await CheckAsync();
        await KeepAsync($"{name}-dark");
        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
    }

    private async Task KeepAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("SCREENSHOTS") is not { Length: > 0 } folder) return;
        await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png") });
    }

    public async ValueTask DisposeAsync() => await Page.CloseAsync();
}
