using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;

namespace GenAgent.Cli.Tests.Composition;

/// <summary>Models that run in this process, named by folder on the command line.</summary>
public sealed class LocalModelTests : IDisposable
{
    private readonly TestHost _host = new(width: 400);

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("--agent", "", "", "there is no folder")]
    [InlineData("--judge", "model_index.json", """{"_class_name": "FluxPipeline"}""", "it is an image generator, not a chat model")]
    [InlineData("--generator", "config.json", """{"model_type": "qwen2_5_vl"}""", "it is a chat model, not an image generator")]
    [InlineData("--agent", "config.json", """{"model_type": "llama"}""", "Only qwen2_5_vl runs in this process")]
    [InlineData("--generator", "model_index.json", """{"_class_name": "StableDiffusionXLPipeline"}""", "Only FLUX.1 runs in this process")]
    [InlineData("--generator", "notes.txt", "", "holds neither model_index.json nor transformer/, so it is no FLUX.1")]
    public async Task A_folder_that_cannot_do_the_work_is_refused_before_anything_is_made(string flag, string file, string content, string why)
    {
        var folder = Path.Combine(_host.Folder, "model");
        if (file.Length > 0)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, file), content);
        }

        (await _host.RunAsync("generate", "a cat", flag, folder, "--out", "run")).ShouldBe(ExitCode.Usage, _host.Said);

        _host.Said.ShouldContain(why);
        Directory.Exists(Path.Combine(_host.Folder, "run")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("--agent", "model_index.json", "it is an image generator, not a chat model")]
    [InlineData("--generator", "config.json", "it is a chat model, not an image generator")]
    public async Task A_folder_without_a_root_lies_where_the_command_line_stands(string flag, string file, string why)
    {
        Directory.CreateDirectory(Path.Combine(_host.Folder, "model"));
        _host.Write(Path.Combine("model", file), """{"model_type": "qwen2_5_vl"}""");

        (await _host.RunAsync("generate", "a cat", flag, "./model", "--out", "run")).ShouldBe(ExitCode.Usage, _host.Said);

        _host.Said.ShouldContain(why);
        _host.Said.ShouldContain(Path.Combine(_host.Folder, "model"));
    }

    [Fact]
    public async Task A_file_where_a_folder_belongs_is_named_as_such()
    {
        _host.Write("model.safetensors", "x");

        (await _host.RunAsync("generate", "a cat", "--agent", "./model.safetensors", "--out", "run")).ShouldBe(ExitCode.Usage, _host.Said);

        _host.Said.ShouldContain("model.safetensors is a file: name the folder that holds it");
    }

    [Fact]
    public async Task A_chat_model_whose_files_are_damaged_ends_with_code_5_and_names_the_file()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_host.Folder, "model")).FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), """{"model_type": "qwen2_5_vl"}""");

        (await _host.RunAsync("generate", "a cat", "--agent", $"{folder}?device=cpu", "--out", "run")).ShouldBe(ExitCode.Storage, _host.Said);

        _host.Said.ShouldContain("tokenizer.json");
        _host.Said.ShouldNotContain("did not expect");
    }
}
