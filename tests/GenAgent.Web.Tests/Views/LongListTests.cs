using System.Diagnostics;
using GenAgent.Web.Tests.Browsing;
using Microsoft.Playwright;

namespace GenAgent.Web.Tests.Views;

/// <summary>
/// The list of ten thousand trajectories, on a site where no other test makes any: theirs come first in the list, and have no image while they run.
/// </summary>
public sealed class LongListTests(UntouchedSite site) : IClassFixture<UntouchedSite>
{
    // Every tile in the window holds a prompt, and an image that has come.
    private const string WindowIsFull = """
        () => {
          const tiles = [...document.querySelectorAll('[data-index]')].filter(tile => {
            const box = tile.getBoundingClientRect();
            return box.bottom > 60 && box.top < innerHeight;
          });
          const cells = tiles.map(tile => ({ text: tile.textContent.trim(), image: tile.querySelector('img') }));
          return cells.length >= 4 && cells.every(cell => cell.text.includes('prompt') && cell.image?.naturalWidth > 0);
        }
        """;

    [Theory]
    [InlineData(Screen.Desktop)]
    [InlineData(Screen.Phone)]
    public async Task Ten_thousand_trajectories_open_and_scroll_without_holes(Screen screen)
    {
        await using var visit = await site.OpenAsync("#/browse", screen);
        await visit.Page.WaitForFunctionAsync(WindowIsFull);

        // The best of some visits: what else the machine does is not the page's.
        var opened = TimeSpan.MaxValue;
        for (var turn = 0; turn < 5 && opened.TotalSeconds >= 1; turn++)
        {
            await visit.Page.GotoAsync("about:blank");
            var since = Stopwatch.GetTimestamp();
            await visit.GoAsync("#/browse");
            await visit.Page.Locator("[data-index] a").First.WaitForAsync();
            opened = TimeSpan.FromTicks(Math.Min(opened.Ticks, Stopwatch.GetElapsedTime(since).Ticks));
        }

        await visit.Page.WaitForFunctionAsync(WindowIsFull);

        (await visit.Page.GetByRole(AriaRole.Status).First.TextContentAsync()).ShouldNotBeNull().ShouldContain("10,0");
        for (var part = 1; part <= 4; part++)
        {
            await visit.Page.EvaluateAsync("part => scrollTo(0, document.documentElement.scrollHeight * part / 4)", part);
            await visit.Page.WaitForFunctionAsync(WindowIsFull);
        }

        (await visit.Page.Locator("[data-index]").CountAsync()).ShouldBeLessThan(200, "The list holds only what is near the window.");
        await visit.CheckAsync();
        await visit.ShowAsync($"browse-end-{screen}");
        TestContext.Current.TestOutputHelper?.WriteLine($"The list opened in {opened.TotalMilliseconds:F0} ms.");

        // Only where nothing else runs does the time say something of the page.
        if (Environment.GetEnvironmentVariable("GENAGENT_TIMES") is { Length: > 0 }) opened.TotalSeconds.ShouldBeLessThan(1);
    }

    [Fact]
    public async Task Scrolling_through_all_of_them_again_and_again_leaves_the_memory_level()
    {
        await using var visit = await site.OpenAsync("#/browse", Screen.Desktop);
        await visit.Page.WaitForFunctionAsync(WindowIsFull);
        var browser = await visit.Page.Context.NewCDPSessionAsync(visit.Page);
        var heaps = new List<double>();
        for (var turn = 0; turn < 4; turn++)
        {
            for (var part = 0; part <= 10; part++)
            {
                await visit.Page.EvaluateAsync("part => scrollTo(0, document.documentElement.scrollHeight * part / 10)", part);
                await visit.Page.WaitForFunctionAsync(WindowIsFull);
            }

            await browser.SendAsync("HeapProfiler.collectGarbage");
            heaps.Add((await browser.SendAsync("Runtime.getHeapUsage"))!.Value.GetProperty("usedSize").GetDouble() / (1 << 20));
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"The page's heap after each way through 10,000: {string.Join(", ", heaps.Select(heap => $"{heap:F1}"))} MiB; the server and the tests: "
                + $"{GC.GetTotalMemory(forceFullCollection: true) >> 20} MiB managed, {Environment.WorkingSet >> 20} MiB resident.");

        // The first way through fills the page's store of items.
        heaps[^1].ShouldBeLessThan((heaps[0] * 1.2) + 2);
    }

    [Fact]
    public async Task The_way_back_from_a_trajectory_ends_where_it_began()
    {
        await using var visit = await site.OpenAsync("#/browse", Screen.Desktop);
        await visit.Page.WaitForFunctionAsync(WindowIsFull);
        await visit.Page.EvaluateAsync("scrollTo(0, 6000)");
        await visit.Page.WaitForFunctionAsync(WindowIsFull);
        var tile = visit.Page.Locator("[data-index] a").Nth(12);
        await tile.ScrollIntoViewIfNeededAsync();
        var before = await visit.Page.EvaluateAsync<int>("scrollY");

        await tile.ClickAsync();
        await visit.Page.GetByText("Turn 1").WaitForAsync();
        await visit.Page.GoBackAsync();
        await visit.Page.WaitForFunctionAsync("before => Math.abs(scrollY - before) < 5", before);
        await visit.Page.WaitForFunctionAsync(WindowIsFull);
    }
}
