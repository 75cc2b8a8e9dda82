using GenAgent.Agents;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.DependencyInjection;
using GenAgent.Models;
using GenAgent.Tools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace GenAgent.Hosting.Tests.DependencyInjection;

public sealed class GenAgentServiceTests
{
    private static void InTheMiniatureWorld(GenAgentOptions options)
    {
        options.Backends.Agent = "oracle";
        options.Backends.Generator = "canvas";
        options.Backends.Judge = "verifier";
        options.Agent = options.Agent with { Seed = 5 };
    }

    private static IConfiguration Configuration(params (string Path, string Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(pair => KeyValuePair.Create(pair.Path, (string?)pair.Value))).Build();

    [Fact]
    public async Task An_agent_makes_an_image_from_the_services_of_a_program()
    {
        var services = new ServiceCollection();
        services.AddGenAgent(InTheMiniatureWorld).AddBackends(registry => registry.AddMicroWorld());
        await using var provider = services.BuildServiceProvider();

        var result = await provider.GetRequiredService<ImageAgent>().RunAsync("two red circles");

        result.StopReason.ShouldBe(GenAgent.Trajectories.StopReason.Answered);
        result.Image.Data.Length.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task The_agent_stands_for_any_image_generator()
    {
        var services = new ServiceCollection();
        services.AddGenAgent(InTheMiniatureWorld).AddBackends(registry => registry.AddMicroWorld());
        await using var provider = services.BuildServiceProvider();

        var response = await provider.GetRequiredService<IImageGenerator>().GenerateImagesAsync("a blue star");

        response.Contents.OfType<DataContent>().ShouldHaveSingleItem().MediaType.ShouldBe("image/png");
    }

    [Fact]
    public async Task Options_come_from_the_sections_of_a_configuration_and_can_be_changed_after()
    {
        var services = new ServiceCollection();
        services.AddGenAgent(
            Configuration(("Backends:Agent", "oracle"), ("Backends:Generator", "canvas"), ("Agent:MaxRounds", "2"), ("Agent:Faults:BadImages", "7")))
            .AddBackends(registry => registry.AddMicroWorld())
            .Configure(options => options.Agent = options.Agent with { Seed = 9 });
        await using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<ImageAgent>().Options;

        (options.MaxRounds, options.Faults.BadImages, options.Seed).ShouldBe((2, 7, 9UL));
    }

    [Fact]
    public async Task Each_agent_has_the_tools_that_it_is_given()
    {
        var services = new ServiceCollection();
        services.AddGenAgent(InTheMiniatureWorld).AddBackends(registry => registry.AddMicroWorld())
            .AddTool(AgentTool.Function(AIFunctionFactory.Create((string city) => $"Rain in {city}.", "weather")));
        services.AddKeyedGenAgent("plain", InTheMiniatureWorld);
        await using var provider = services.BuildServiceProvider();

        (await provider.GetRequiredService<ImageAgent>().RunAsync("two red circles")).Trajectory.Instructions.ShouldContain("\"name\": \"weather\"");
        (await provider.GetRequiredKeyedService<ImageAgent>("plain").RunAsync("two red circles")).Trajectory.Instructions.ShouldNotContain("weather");
    }

    [Fact]
    public async Task Several_agents_are_told_apart_by_their_keys()
    {
        var services = new ServiceCollection();
        services.AddKeyedGenAgent("quick", options =>
        {
            InTheMiniatureWorld(options);
            options.Agent = options.Agent with { MaxRounds = 1 };
        }).AddBackends(registry => registry.AddMicroWorld());
        services.AddKeyedGenAgent("patient", InTheMiniatureWorld);
        await using var provider = services.BuildServiceProvider();

        provider.GetRequiredKeyedService<ImageAgent>("quick").Options.MaxRounds.ShouldBe(1);
        provider.GetRequiredKeyedService<ImageAgent>("patient").Options.MaxRounds.ShouldNotBe(1);
        provider.GetRequiredKeyedService<IImageGenerator>("quick").GetService<ImageAgent>().ShouldBe(provider.GetRequiredKeyedService<ImageAgent>("quick"));
        provider.GetService<ImageAgent>().ShouldBeNull();
    }

    [Theory]
    [InlineData("Agent:MaxRounds", "0", "Agent:MaxRounds is 0, but must be a whole number from 1 to 100.")]
    [InlineData("Judging:Retries", "11", "Judging:Retries is 11, but must be a whole number from 0 to 10.")]
    [InlineData("Agent:Width", "512", "Agent:Width and Agent:Height go together")]
    [InlineData("Backends:Agent", "openai:", "Backends:Agent: ")]
    public async Task A_wrong_option_stops_the_program_at_its_start_and_is_named(string path, string value, string message)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddGenAgent(Configuration((path, value)));
        using var host = builder.Build();

        var failure = await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync());

        failure.Message.ShouldContain(message);
    }

    [Fact]
    public async Task A_backend_that_cannot_be_made_stops_a_program_that_loads_on_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddGenAgent(options => options.Backends.Agent = "nobody").LoadOnStart();
        using var host = builder.Build();

        (await Should.ThrowAsync<BackendUriException>(() => host.StartAsync())).Message.ShouldContain("nobody");
    }

    [Fact]
    public async Task A_failed_load_is_tried_again_and_parts_end_with_the_services()
    {
        var (fails, made) = (true, new Ending());
        var services = new ServiceCollection();
        services.AddGenAgent(options => (options.Backends.Agent, options.Backends.Generator) = ("sometimes", "canvas"))
            .AddBackends(registry => registry.AddMicroWorld()
            .AddChatClient(new BackendScheme("sometimes", BackendForm.NameOnly, "sometimes", "fails once"), (_, _) =>
                fails ? throw new InvalidDataException("broken weights") : new(made)));
        var provider = services.BuildServiceProvider();
        var source = provider.GetRequiredService<GenAgentSource>();

        (await Should.ThrowAsync<BackendUriException>(() => source.GetAsync())).Message.ShouldBe("\"sometimes\": broken weights");
        fails = false;
        (await source.GetAsync()).Agent.ShouldBe(provider.GetRequiredService<ImageAgent>());

        made.IsDisposed.ShouldBeFalse();
        await provider.DisposeAsync();
        made.IsDisposed.ShouldBeTrue();
        await Should.ThrowAsync<ObjectDisposedException>(() => source.GetAsync());
    }

    /// <summary>A model that says nothing and remembers its end.</summary>
    private sealed class Ending : IChatClient
    {
        public bool IsDisposed { get; private set; }

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "<answer>No.</answer>")));

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            new ChatResponse(new ChatMessage(ChatRole.Assistant, "<answer>No.</answer>")).ToChatResponseUpdates().ToAsyncEnumerable();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() => IsDisposed = true;
    }
}
