using GenAgent.Web.Tests.Browsing;
using GenAgent.Web.Tests.Data;
using Microsoft.Playwright;

namespace GenAgent.Web.Tests.Views;

/// <summary>The list of trajectories, and one of them.</summary>
public sealed class BrowseTests(Site site)
{
    [Theory]
    [InlineData(Screen.Desktop)]
    [InlineData(Screen.Phone)]
    public async Task Filters_narrow_the_list_and_stand_in_the_address(Screen screen)
    {
        await using var visit = await site.OpenAsync("#/browse", screen);
        await visit.Page.Locator("[data-index] a").First.WaitForAsync();
        var filters = visit.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Filters") });
        if (await filters.GetAttributeAsync("aria-expanded") == "false") await filters.ClickAsync();

        await visit.Page.GetByLabel("Category").SelectOptionAsync("spatial");
        await visit.Page.GetByLabel("Agent's verdict").SelectOptionAsync("failed");
        await visit.Page.GetByLabel("Search prompts").FillAsync("prompt 11");
        await visit.Page.WaitForFunctionAsync("() => location.hash.includes('text=prompt+11')");
        await visit.Page.GetByText("match").WaitForAsync();

        visit.Page.Url.ShouldContain("category=spatial");
        visit.Page.Url.ShouldContain("verdict=failed");
        var count = await visit.Page.GetByRole(AriaRole.Status).First.TextContentAsync();
        await using var other = await site.OpenAsync(new Uri(visit.Page.Url).Fragment, screen);
        await other.Page.GetByText("match").WaitForAsync();
        (await other.Page.GetByRole(AriaRole.Status).First.TextContentAsync()).ShouldBe(count);
        await other.CheckAsync();
        await other.ShowAsync($"browse-{screen}");
    }

    [Theory]
    [InlineData(Screen.Desktop)]
    [InlineData(Screen.Phone)]
    public async Task One_trajectory_shows_verdicts_images_and_tokens(Screen screen)
    {
        await using var visit = await site.OpenAsync($"#/t/{SyntheticFolder.FullId}", screen);
        await visit.Heading(SyntheticFolder.PromptOf(0)).WaitForAsync();

        await visit.Page.GetByText("The agent's judgment").First.WaitForAsync();
        await visit.Page.GetByText("verifier").First.WaitForAsync();
        await visit.Page.GetByText("Disagrees").First.WaitForAsync();
        await visit.Page.GetByText("The arguments are no JSON object.").WaitForAsync();
        await visit.Page.GetByText("seed 5").WaitForAsync();
        await visit.Page.GetByLabel("Tokens").CheckAsync();
        string.Concat(await visit.Page.Locator("pre span").AllTextContentsAsync()).ShouldContain("circles, side by side", customMessage: "words, not ids");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Run again from here" }).First.WaitForAsync();
        await visit.CheckAsync();
        await visit.ShowAsync($"trajectory-{screen}");
    }

    [Fact]
    public async Task A_trajectory_runs_again_from_a_turn()
    {
        await using var visit = await site.OpenAsync($"#/t/{SyntheticFolder.FullId}", Screen.Desktop);

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Run again from here" }).First.ClickAsync();

        await visit.Page.WaitForFunctionAsync("() => location.hash.startsWith('#/make/')");
    }
}
