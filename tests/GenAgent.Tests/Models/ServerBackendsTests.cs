using GenAgent.Models;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;

namespace GenAgent.Tests.Models;

public class ServerBackendsTests
{
    private const string Answer = """{"choices":[{"finish_reason":"stop","index":0,"message":{"role":"assistant","content":"ok"}}]}""";

    [Theory]
    [InlineData("openai", "/v1", "/v1/chat/completions")]
    [InlineData("ollama", "/v1", "/v1/chat/completions")]
    [InlineData("ollama", "", "/v1/chat/completions")]
    [InlineData("openai", "/v1/chat/completions", "/v1/chat/completions")]
    [InlineData("openai", "/v1/models/", "/v1/chat/completions")]
    public async Task A_chat_model_named_by_its_address_is_called_there(string scheme, string path, string called)
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(Answer);
        });
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["OPENAI_API_KEY"] = "sk-never-here",
            ["Secrets:127.0.0.1"] = "sk-here",
            ["Http:MaxRetries"] = "0",
        };
        var registry = Registry(settings);
        using var client = await registry.CreateChatClientAsync($"{scheme}:a/model@{server.Url.ToString().TrimEnd('/')}{path}");

        (await client.GetResponseAsync("hi")).Text.ShouldBe("ok");

        var seen = server.Requests.ShouldHaveSingleItem();
        seen.Path.ShouldBe(called);
        seen.Text.ShouldContain("\"model\":\"a/model\"");
        seen.Headers["Authorization"].ShouldBe("Bearer sk-here");
    }

    [Fact]
    public async Task OpenAIs_customary_key_is_found_for_OpenAI()
    {
        var registry = Registry(new(StringComparer.Ordinal) { ["OPENAI_API_KEY"] = "sk-1" });

        using var client = await registry.CreateChatClientAsync("openai:gpt-5");
        using var generator = await registry.CreateImageGeneratorAsync("openai:gpt-image-1.5");

        client.GetService<ChatClientMetadata>()!.ProviderUri.ShouldBe(new Uri("https://api.openai.com/v1"));
        generator.GetService<ImageGeneratorMetadata>()!.DefaultModelId.ShouldBe("gpt-image-1.5");
    }

    [Fact]
    public async Task Every_scheme_says_by_its_own_example_how_it_is_named()
    {
        var registry = Registry(new(StringComparer.Ordinal) { ["OPENAI_API_KEY"] = "sk-1" });

        foreach (var scheme in registry.ChatSchemes)
        {
            using var client = await registry.CreateChatClientAsync(scheme.Example);
            client.ShouldNotBeNull();
        }

        foreach (var scheme in registry.ImageSchemes)
        {
            using var generator = await registry.CreateImageGeneratorAsync(scheme.Example);
            generator.GetService<ImageGeneratorMetadata>().ShouldNotBeNull().ProviderName.ShouldNotBeNullOrEmpty();
        }

        registry.ChatSchemes.Concat(registry.ImageSchemes).ShouldAllBe(scheme => scheme.Description.Length > 10 && scheme.ProbePath != null);
    }

    [Fact]
    public async Task A_generator_named_with_parameters_paints_by_them()
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Path == "/sdapi/v1/txt2img" || context.Request.Path == "/prompt" ? 400 : 404;
            return context.Response.WriteAsync("{}");
        });
        var address = server.Url.ToString().TrimEnd('/');
        var registry = Registry(new(StringComparer.Ordinal) { ["Secrets:gpu"] = "me:pw" });
        using var a1111 = await registry.CreateImageGeneratorAsync($"a1111:{address}?sampler=Euler%20a&scheduler=karras&distilled=true&key=gpu");
        using var comfy = await registry.CreateImageGeneratorAsync($"comfyui:{address}?workflow=qwen-image&batch=true&key=gpu");
        var options = new ImageGenerationOptions { Count = 3 };

        await Should.ThrowAsync<BackendRejectedException>(() => a1111.GenerateImagesAsync("a cat", options));
        await Should.ThrowAsync<BackendRejectedException>(() => comfy.GenerateImagesAsync("a cat", options));

        var painted = server.Requests.Single(request => request.Path == "/sdapi/v1/txt2img");
        painted.Headers["Authorization"].ShouldStartWith("Basic ");
        painted.Text.ShouldContain("\"sampler_name\":\"Euler a\"");
        painted.Text.ShouldContain("\"scheduler\":\"karras\"");
        var queued = server.Requests.Single(request => request.Path == "/prompt");
        queued.Headers["Authorization"].ShouldBe("Bearer me:pw");
        queued.Text.ShouldContain("qwen_image_vae.safetensors");
        queued.Text.ShouldContain("\"batch_size\":3");
        comfy.GetService<ImageGeneratorMetadata>()!.DefaultModelId.ShouldBe("qwen-image");
    }

    [Fact]
    public async Task A_workflow_file_is_looked_for_from_the_folder_that_the_program_names()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["mine.json"], """{"1": {"class_type": "A", "inputs": {"text": "{{prompt}}"}}}""");
        var registry = new BackendRegistry(new ConfigurationBuilder().Build(), baseFolder: folder.Path).AddServers();

        using var generator = await registry.CreateImageGeneratorAsync("comfyui:http://host:8188?workflow=mine.json");

        generator.GetService<ImageGeneratorMetadata>()!.DefaultModelId.ShouldBe("mine.json", "a trajectory keeps the name, not where it lay");
    }

    [Theory]
    [InlineData("a1111:http://host:7860?distilled=perhaps", "must be true or false")]
    [InlineData("comfyui:http://host:8188?workflow=/nowhere/flux.json", "Built in are: flux1-dev, qwen-image")]
    [InlineData("comfyui:http://host:8188?wrkflow=x", "Known: workflow, output, batch, key")]
    public async Task A_parameter_that_means_nothing_is_told_before_anything_is_called(string name, string reason) =>
        (await Should.ThrowAsync<Exception>(async () => await Registry(new(StringComparer.Ordinal)).CreateImageGeneratorAsync(name))).Message.ShouldContain(
            reason);

    private static BackendRegistry Registry(Dictionary<string, string?> settings) =>
        new BackendRegistry(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).AddServers();
}
