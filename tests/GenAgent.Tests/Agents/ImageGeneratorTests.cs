using System.Drawing;
using GenAgent.Agents;
using GenAgent.Generators;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace GenAgent.Tests.Agents;

public sealed class ImageGeneratorTests
{
    private static ScriptedModel Model() =>
        new(Turns.Call("a circle"), Turns.Answer()) { Usage = new UsageDetails { InputTokenCount = 3, OutputTokenCount = 2 } };

    [Fact]
    public async Task An_agent_stands_in_for_any_generator_and_keeps_to_what_it_is_asked_for()
    {
        var agent = new ImageAgent(Model(), new SeededGenerator()).AsBuilder().Build();
        var options = new ImageGenerationOptions { ImageSize = new Size(24, 16), Count = 2 }.WithSeed(5);
        var response = await agent.GenerateAsync(new ImageGenerationRequest("two circles"), options);

        response.Contents.OfType<DataContent>().Count().ShouldBe(2);
        response.Usage!.TotalTokenCount.ShouldBe(20);
        var runs = response.RawRepresentation.ShouldBeOfType<AgentResult[]>();
        runs.Select(run => run.Trajectory.SeedPath).ShouldBe(["/trajectory:0", "/trajectory:1"]);
        runs.Select(run => run.Trajectory.RootSeed).ShouldBe([5UL, 5UL]);
        runs.ShouldAllBe(run => run.Best!.Reference.Width == 24 && run.Best.Reference.Height == 16);
        runs[0].Best!.Reference.Id.ShouldNotBe(runs[1].Best!.Reference.Id);
    }

    [Fact]
    public async Task Original_images_are_shown_to_the_model_and_given_to_the_generator_and_kept()
    {
        var generator = new SeededGenerator();
        var model = Model();
        var original = new DataContent(SeededGenerator.Png(8, 8, 99), "image/png");
        var response = await new ImageAgent(model, generator).EditImageAsync(original, "make it blue");

        model.Requests[0].LastText.ShouldBe("[image]make it blue");
        generator.LastOriginals!.Single().ShouldBeSameAs(original);
        var run = response.RawRepresentation.ShouldBeOfType<AgentResult[]>().Single();
        run.Images.Keys.ShouldContain(run.Trajectory.OriginalImages.Single().Id);
    }

    [Fact]
    public async Task An_original_image_that_is_none_is_refused_at_once()
    {
        var agent = new ImageAgent(Model(), new SeededGenerator());
        (await Should.ThrowAsync<ArgumentException>(
            () => agent.GenerateAsync(new ImageGenerationRequest("p", [new UriContent("https://x.org/a.png", "image/png")]))))
            .Message.ShouldContain("load it first");
        (await Should.ThrowAsync<ArgumentException>(() => agent.GenerateAsync(new ImageGenerationRequest("p", [new DataContent(new byte[50], "image/png")]))))
            .Message.ShouldContain("An original image is not sound");
        await Should.ThrowAsync<ArgumentException>(() => agent.GenerateAsync(new ImageGenerationRequest("p"), new ImageGenerationOptions { Count = 0 }));
        await Should.ThrowAsync<ArgumentException>(() => agent.GenerateAsync(new ImageGenerationRequest()));
        (await Should.ThrowAsync<ArgumentException>(() => agent.GenerateAsync(new ImageGenerationRequest("p"), new ImageGenerationOptions().With("steps", 0))))
            .Message.ShouldContain("Agent:Steps is 0");
    }

    [Fact]
    public async Task UseGenAgent_puts_the_agent_into_a_pipeline_with_what_is_registered()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IChatClient>(Model());
        services.AddSingleton<IOptions<ImageAgentOptions>>(Options.Create(new ImageAgentOptions { MaxRounds = 3 }));
        services.AddImageGenerator(new SeededGenerator()).UseGenAgent();
        await using var provider = services.BuildServiceProvider();
        var generator = provider.GetRequiredService<IImageGenerator>();

        generator.GetRequiredService<ImageAgent>().Options.MaxRounds.ShouldBe(3);
        generator.GetRequiredService<IChatClient>().ShouldBeOfType<ScriptedModel>();
        generator.GetRequiredService<ImageGeneratorMetadata>().DefaultModelId.ShouldBe("painter-1");
        (await generator.GenerateImagesAsync("p")).Contents.Count.ShouldBe(1);
    }

    [Fact]
    public async Task AddImageAgent_registers_an_agent_with_a_generator_of_its_own()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IChatClient>(Model()).AddImageAgent(_ => new SeededGenerator(), new ImageAgentOptions { Seed = 1 });
        await using var provider = services.BuildServiceProvider();

        (await provider.GetRequiredService<ImageAgent>().RunAsync("p")).Trajectory.RootSeed.ShouldBe(1UL);
        provider.GetService<IImageGenerator>().ShouldBeNull();
    }

    [Fact]
    public void UseGenAgent_without_a_chat_client_says_what_is_missing() =>
        Should.Throw<InvalidOperationException>(() => new SeededGenerator().AsBuilder().UseGenAgent().Build()).Message.ShouldContain("needs a chat client");
}
