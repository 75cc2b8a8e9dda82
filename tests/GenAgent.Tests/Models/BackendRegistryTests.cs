using GenAgent.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;

namespace GenAgent.Tests.Models;

public class BackendRegistryTests
{
    private static readonly BackendScheme Micro = new("micro", BackendForm.NameOnly, "micro", "the world in miniature") { Parameters = ["steps"] };
    private static readonly BackendScheme Server = new("openai", BackendForm.ModelAtEndpoint, "openai:gpt-5", "a server") { Parameters = ["key"] };
    private static readonly BackendScheme Comfy = new("comfyui", BackendForm.Endpoint, "comfyui:http://host:8188", "a server");
    private static readonly BackendScheme Hub = new("hf", BackendForm.Model, "hf:Org/Name", "a hub");
    private static readonly BackendScheme Folder = new(BackendUri.FolderScheme, BackendForm.Path, "./folder", "a folder");

    [Fact]
    public async Task A_registered_part_is_made_from_its_name()
    {
        BackendContext? seen = null;
        using var generator = new StubImageGenerator();
        var registry = Registry().AddImageGenerator(Micro, (context, _) =>
        {
            seen = context;
            return new(generator);
        });

        (await registry.CreateImageGeneratorAsync("micro?steps=4")).ShouldBeSameAs(generator);

        seen.ShouldNotBeNull().Parameter("steps").ShouldBe("4");
        registry.ImageSchemes.ShouldBe([Micro]);
        registry.ChatSchemes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("nothing:x", "\"nothing\"")]
    [InlineData("", "empty")]
    [InlineData("comfy", "\"comfy\"")]
    public async Task An_unknown_name_is_answered_with_what_is_known(string text, string reason)
    {
        var registry = Registry().AddImageGenerator(Micro, Fail).AddImageGenerator(Comfy, Fail);

        var exception = await Should.ThrowAsync<BackendUriException>(async () => await registry.CreateImageGeneratorAsync(text));

        exception.Message.ShouldContain(reason);
        exception.Message.ShouldContain("Known for an image generator: micro, comfyui:http://host:8188.");
    }

    [Theory]
    [InlineData("micro:x", "takes no model")]
    [InlineData("micro?stops=1", "Known: steps.")]
    [InlineData("openai", "needs a model")]
    [InlineData("openai:gpt-5", "needs \"@\" and an address")]
    [InlineData("comfyui:flux", "needs an address")]
    [InlineData("comfyui:http://host?x=1", "Known: none.")]
    [InlineData("hf:http://host", "needs a model")]
    [InlineData("folder", "needs a path")]
    public async Task A_name_of_the_wrong_form_is_answered_with_an_example(string text, string reason)
    {
        var registry = Registry();
        foreach (var scheme in new[] { Micro, Server, Comfy, Hub, Folder })
        {
            registry.AddImageGenerator(scheme, Fail);
        }

        var exception = await Should.ThrowAsync<BackendUriException>(async () => await registry.CreateImageGeneratorAsync(text));

        exception.Message.ShouldContain(reason);
    }

    [Fact]
    public void The_secret_of_a_service_is_not_sent_to_an_address_that_the_name_brings_along()
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Secrets:openai"] = "sk-1",
            ["Secrets:gpu.lan"] = "sk-2",
            ["Secrets:other"] = "sk-3"
        };

        Secret("openai:gpt-5", settings).ShouldBe("sk-1");
        Secret("openai:m@http://evil.example/v1", settings).ShouldBeNull();
        Secret("openai:m@http://gpu.lan:8000/v1", settings).ShouldBe("sk-2");
        Secret("openai:m@http://gpu.lan:8000/v1?key=other", settings).ShouldBe("sk-3");
        Should.Throw<BackendUriException>(() => Secret("openai:m?key=none", settings)).Message.ShouldContain("GENAGENT_Secrets__none");
    }

    [Theory]
    [InlineData("sk-abc\r")]
    [InlineData("sk-abc\r\n")]
    [InlineData(" sk-abc \n")]
    public void The_line_end_that_a_file_or_a_shell_left_behind_a_key_is_no_part_of_it(string value) =>
        Secret("openai:gpt-5", new(StringComparer.Ordinal) { ["Secrets:openai"] = value }).ShouldBe("sk-abc");

    [Fact]
    public void A_key_that_no_request_can_carry_is_named_and_not_repeated()
    {
        var message = Should.Throw<ArgumentException>(
            () => Secret("openai:gpt-5", new(StringComparer.Ordinal) { ["Secrets:openai"] = "sk-abc\nsk-def" })).Message;

        message.ShouldContain("Secrets:openai holds a line break");
        message.ShouldNotContain("sk-");
    }

    private static string? Secret(string name, Dictionary<string, string?> settings) =>
        new BackendContext(BackendUri.Parse(name), new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).Secret();

    private static BackendRegistry Registry() => new(new ConfigurationBuilder().Build());

    private static ValueTask<IImageGenerator> Fail(BackendContext context, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("Must not be made.");

    private sealed class StubImageGenerator : IImageGenerator
    {
        public Task<ImageGenerationResponse> GenerateAsync(
            ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ImageGenerationResponse());

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
