using GenAgent.Web.Tests.Browsing;
using GenAgent.Web.Tests.Data;
using Microsoft.Playwright;

namespace GenAgent.Web.Tests.Views;

/// <summary>Rollouts of one prompt, and two sources, side by side.</summary>
public sealed class CompareTests(Site site)
{
    [Theory]
    [InlineData(Screen.Desktop)]
    [InlineData(Screen.Phone)]
    public async Task Two_sources_stand_side_by_side_prompt_by_prompt(Screen screen)
    {
        await using var visit = await site.OpenAsync("#/compare", screen);
        var sources = visit.Page.Locator("select").First.Locator("option");
        await sources.Filter(new() { HasText = "beta" }).WaitForAsync(new() { State = WaitForSelectorState.Attached });
        string[] names = [.. await sources.AllTextContentsAsync()];

        await visit.Page.GetByLabel("First").SelectOptionAsync(names.First(name => name.EndsWith("alpha", StringComparison.Ordinal)));
        await visit.Page.GetByLabel("Second").SelectOptionAsync(names.First(name => name.EndsWith("beta", StringComparison.Ordinal)));

        var rows = visit.Page.GetByRole(AriaRole.List, new() { Name = "Prompts" }).GetByRole(AriaRole.Listitem);
        await rows.First.WaitForAsync();
        await visit.Page.WaitForFunctionAsync("() => [...document.querySelectorAll('li img')].slice(0, 2).every(image => image.naturalWidth > 0)");
        (await rows.First.GetByRole(AriaRole.Link).CountAsync()).ShouldBe(2);
        await visit.CheckAsync();
        await visit.ShowAsync($"compare-{screen}");
    }

    [Theory]
    [InlineData(Screen.Desktop)]
    [InlineData(Screen.Phone)]
    public async Task The_rollouts_of_a_prompt_stand_side_by_side_with_their_rewards(Screen screen)
    {
        await using var visit = await site.OpenAsync($"#/t/{SyntheticFolder.FullId}", screen);

        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Group" }).ClickAsync();

        await visit.Page.GetByText("mean").First.WaitForAsync();
        var rollouts = visit.Page.GetByRole(AriaRole.Link, new() { NameRegex = new("^Rollout") });
        (await rollouts.CountAsync()).ShouldBe(SyntheticFolder.TrajectoriesOfSource / SyntheticFolder.Prompts);
        await visit.Page.GetByText("total").First.WaitForAsync();
        await visit.CheckAsync();
        await visit.ShowAsync($"group-{screen}");
    }
}
