using GenAgent.Web.Tests.Browsing;
using Microsoft.Playwright;

namespace GenAgent.Web.Tests.Views;

/// <summary>Training and evaluation folders.</summary>
public sealed class RunsTests(Site site)
{
    [Theory]
    [InlineData(Screen.Desktop)]
    [InlineData(Screen.Phone)]
    public async Task A_training_folder_shows_its_curves(Screen screen)
    {
        await using var visit = await site.OpenAsync("#/runs", screen);
        await visit.Heading("Runs").WaitForAsync();
        await visit.CheckAsync();

        await visit.Page.GetByRole(AriaRole.Link, new() { NameRegex = new("training$") }).ClickAsync();

        await visit.Page.GetByRole(AriaRole.Figure, new() { NameRegex = new("^loss: .* at step 300") }).WaitForAsync();
        await visit.Page.Locator("canvas").First.WaitForAsync();
        await visit.CheckAsync();
        await visit.ShowAsync($"runs-{screen}");
    }
}
