using GenAgent.Web.Tests.Browsing;
using Microsoft.Playwright;

namespace GenAgent.Web.Tests.Views;

/// <summary>What holds for the page as a whole.</summary>
public sealed class PageTests(Site site)
{
    [Theory]
    [InlineData("make")]
    [InlineData("browse")]
    [InlineData("compare")]
    [InlineData("runs")]
    public async Task Dark_colours_keep_their_contrast(string view)
    {
        await using var visit = await site.OpenAsync($"#/{view}", Screen.Desktop);
        await visit.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await visit.Page.Locator("main h1").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });

        await visit.CheckAsync();
        await visit.ShowAsync($"dark-{view}");
    }

    [Fact]
    public async Task The_keyboard_alone_reaches_the_content_and_moves_through_the_list()
    {
        await using var visit = await site.OpenAsync("#/browse", Screen.Desktop);
        await visit.Page.Locator("[data-index] a").First.WaitForAsync();

        await visit.Page.Keyboard.PressAsync("Tab");
        (await FocusedAsync(visit)).ShouldBe("Skip to content");
        await visit.Page.Locator("[data-index='0'] a").FocusAsync();
        await visit.Page.Keyboard.PressAsync("ArrowRight");

        (await visit.Page.EvaluateAsync<string>("document.activeElement.closest('[data-index]').dataset.index")).ShouldBe("1");
    }

    [Fact]
    public async Task An_address_that_names_no_view_says_so()
    {
        await using var visit = await site.OpenAsync("#/nonsense", Screen.Phone);

        await visit.Heading("Nothing here").WaitForAsync();
        await visit.CheckAsync();
    }

    private static Task<string> FocusedAsync(Visit visit) => visit.Page.EvaluateAsync<string>("document.activeElement.textContent.trim()");
}
