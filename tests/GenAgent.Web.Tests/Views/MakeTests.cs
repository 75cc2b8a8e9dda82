using GenAgent.Web.Tests.Browsing;
using Microsoft.Playwright;

namespace GenAgent.Web.Tests.Views;

/// <summary>The view in which images are made.</summary>
public sealed class MakeTests(Site site)
{
    [Theory]
    [InlineData(Screen.Desktop)]
    [InlineData(Screen.Phone)]
    public async Task A_prompt_becomes_images_whose_rounds_are_seen(Screen screen)
    {
        await using var visit = await site.OpenAsync("#/make", screen);
        await visit.Page.GetByLabel("Prompt", new() { Exact = true }).FillAsync("three red circles and a blue square");
        await visit.Page.GetByLabel("Candidates").SelectOptionAsync("2");
        await visit.CheckAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Make", Exact = true }).ClickAsync();

        await visit.Page.GetByText("Done", new() { Exact = true }).WaitForAsync();

        var candidates = visit.Page.GetByRole(AriaRole.Article);
        (await candidates.CountAsync()).ShouldBe(2);
        var first = candidates.First;
        await first.GetByText("Asks the generator for").First.WaitForAsync();
        await first.GetByText("Thinks").First.WaitForAsync();
        await first.GetByRole(AriaRole.Button, new() { Name = "Download" }).WaitForAsync();
        await ImagesLoadAsync(first);
        await visit.CheckAsync();
        await visit.ShowAsync($"make-{screen}");
    }

    [Fact]
    public async Task The_address_of_a_job_shows_it_again()
    {
        await using var visit = await site.OpenAsync("#/make", Screen.Desktop);
        await visit.Page.GetByLabel("Prompt", new() { Exact = true }).FillAsync("two green squares");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.GetByText("Done", new() { Exact = true }).WaitForAsync();

        await using var other = await site.OpenAsync(new Uri(visit.Page.Url).Fragment, Screen.Desktop);

        await other.Page.GetByText("Done", new() { Exact = true }).WaitForAsync();
        (await other.Page.GetByLabel("Prompt", new() { Exact = true }).InputValueAsync()).ShouldBe("two green squares");
        await other.Page.GetByRole(AriaRole.Article).GetByText("Asks the generator for").First.WaitForAsync();
    }

    [Fact]
    public async Task Again_with_another_seed_is_another_job()
    {
        await using var visit = await site.OpenAsync("#/make", Screen.Desktop);
        await visit.Page.GetByLabel("Prompt", new() { Exact = true }).FillAsync("one yellow heart");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.GetByText("Done", new() { Exact = true }).WaitForAsync();
        var first = visit.Page.Url;

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Again, another seed" }).ClickAsync();

        await visit.Page.WaitForFunctionAsync("first => location.href !== first && location.hash.startsWith('#/make/')", first);
        await visit.Page.GetByText("Done", new() { Exact = true }).WaitForAsync();
    }

    [Fact]
    public async Task What_the_server_refuses_is_said_and_the_words_stay()
    {
        await using var visit = await site.OpenAsync("#/make", Screen.Desktop);
        await visit.Page.GetByLabel("Prompt", new() { Exact = true }).FillAsync("a red circle");
        await visit.Page.GetByText("Options").ClickAsync();
        await visit.Page.GetByLabel("Size").FillAsync("999999999");

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Make", Exact = true }).ClickAsync();

        (await visit.Page.GetByRole(AriaRole.Alert).First.TextContentAsync()).ShouldNotBeNullOrWhiteSpace();
        (await visit.Page.GetByLabel("Prompt", new() { Exact = true }).InputValueAsync()).ShouldBe("a red circle");
    }

    private static async Task ImagesLoadAsync(ILocator within) =>
        await within.Page.WaitForFunctionAsync(
            "element => element.querySelectorAll('img').length > 1 && [...element.querySelectorAll('img')].every(image => image.loading === 'lazy' || "
                + "image.naturalWidth > 0)",
            await within.ElementHandleAsync());
}
