using CsCheck;
using GenAgent.Models;

namespace GenAgent.Tests.Models;

public class BackendUriTests
{
    [Theory]
    [InlineData("micro", "micro", null, null)]
    [InlineData("MICRO", "micro", null, null)]
    [InlineData("hf:Qwen/Qwen2.5-VL-7B-Instruct", "hf", "Qwen/Qwen2.5-VL-7B-Instruct", null)]
    [InlineData("openai:gpt-5", "openai", "gpt-5", null)]
    [InlineData("ollama:qwen2.5vl:7b", "ollama", "qwen2.5vl:7b", null)]
    [InlineData("openai:Qwen2.5-VL-7B@http://host:8000/v1", "openai", "Qwen2.5-VL-7B", "http://host:8000/v1")]
    [InlineData("openai:org/a@b@HTTPS://host/v1", "openai", "org/a@b", "https://host/v1")]
    [InlineData("openai:m@http://[::1]:8000/v1", "openai", "m", "http://[::1]:8000/v1")]
    [InlineData("comfyui:http://host:8188?workflow=flux.json", "comfyui", null, "http://host:8188/")]
    [InlineData("a1111:http://host:7860", "a1111", null, "http://host:7860/")]
    [InlineData("./folder", "folder", "./folder", null)]
    [InlineData("../a folder", "folder", "../a folder", null)]
    [InlineData("/models/agent", "folder", "/models/agent", null)]
    [InlineData(@"C:\models\agent", "folder", @"C:\models\agent", null)]
    [InlineData("d:/models", "folder", "d:/models", null)]
    [InlineData("folder:models/agent", "folder", "models/agent", null)]
    [InlineData("  micro \n", "micro", null, null)]
    public void A_name_as_the_design_writes_it_is_understood(string text, string scheme, string? model, string? endpoint)
    {
        var uri = BackendUri.Parse(text);

        uri.Scheme.ShouldBe(scheme);
        uri.Model.ShouldBe(model);
        uri.Endpoint?.AbsoluteUri.ShouldBe(endpoint);
        (uri.Endpoint is null).ShouldBe(endpoint is null);
        BackendUri.Parse(uri.ToString()).ShouldBe(uri);
    }

    [Fact]
    public void Several_addresses_are_replicas_in_the_order_in_which_they_are_named()
    {
        var uri = BackendUri.Parse("vllm:org/model@http://a:8000,https://b/base,x?key=k");

        uri.Endpoints.Select(address => address.AbsoluteUri).ShouldBe(["http://a:8000/", "https://b/base,x"]);
        uri.Endpoint!.Host.ShouldBe("a");
        uri.Model.ShouldBe("org/model");
        BackendUri.TryParse("vllm:m@http://a:8000,http://me:secret@b", out _, out var error).ShouldBeFalse();
        error.ShouldNotContain("secret@");
    }

    [Fact]
    public void Parameters_are_unescaped_and_found_whatever_their_case()
    {
        var uri = BackendUri.Parse("comfyui:http://host:8188/base?Workflow=my%20flows%2Fa.json&steps=4");

        uri.Parameters["workflow"].ShouldBe("my flows/a.json");
        uri.Parameters["steps"].ShouldBe("4");
        uri.Endpoint!.AbsoluteUri.ShouldBe("http://host:8188/base");
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData(null, "empty")]
    [InlineData("openai:", "nothing is named")]
    [InlineData("http://host:8000/v1", "openai:MODEL@http://host:8000/v1")]
    [InlineData("openai:m@localhost:8000/v1", "\"openai:m@http://localhost:8000/v1\"")]
    [InlineData("ollama:llava:7b@192.168.1.5", "\"ollama:llava:7b@http://192.168.1.5\"")]
    [InlineData("openai:m@http:/localhost:1/v1", "\"openai:m@http://localhost:1/v1\"")]
    [InlineData("openai:m@http//gpu.lan/v1", "\"openai:m@http://gpu.lan/v1\"")]
    [InlineData("openai:m@localhost", "\"openai:m@http://localhost\"")]
    [InlineData("5:x", "not a backend's name")]
    [InlineData("a b", "not a backend's name")]
    [InlineData("comfyui:http://", "no http address")]
    [InlineData("openai:m@http://host/v1#x", "#")]
    [InlineData("micro?steps", "name=value")]
    [InlineData("micro?a=1&A=2", "twice")]
    public void A_name_that_means_nothing_is_refused_with_its_reason(string? text, string reason)
    {
        BackendUri.TryParse(text, out _, out var error).ShouldBeFalse();
        error.ShouldContain(reason);
    }

    [Fact]
    public void A_password_in_an_address_is_refused_and_not_repeated()
    {
        var exception = Should.Throw<BackendUriException>(() => BackendUri.Parse("a1111:http://me:hunter2@host:7860"));

        exception.Message.ShouldContain("Secrets:host");
        exception.Message.ShouldNotContain("hunter2");
        Should.Throw<BackendUriException>(() => BackendUri.Parse("openai:m@me:hunter2@host:7860")).Message.ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("openai:claude-3-5-sonnet@20240620")]
    [InlineData("ollama:llava@sha256:0123456789ab")]
    [InlineData("hf:org/name@v1.0")]
    [InlineData("openai:@cf/meta/llama-3.2@http://host/v1")]
    public void A_version_or_a_digest_after_the_model_is_no_address(string text) => BackendUri.TryParse(text, out _, out _).ShouldBeTrue();

    [Fact]
    public void Any_text_gives_a_name_or_a_reason() =>
        Gen.String.Sample(text =>
        {
            var read = BackendUri.TryParse(text, out var uri, out var error);
            return read ? uri is not null && error is null : !string.IsNullOrEmpty(error);
        });
}
