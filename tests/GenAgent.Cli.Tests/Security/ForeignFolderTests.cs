using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;

namespace GenAgent.Cli.Tests.Security;

/// <summary>Folders of evaluations, paintings and prompts that came from someone else name images; a name may be any path.</summary>
public sealed class ForeignFolderTests : IDisposable
{
    private readonly TestHost _host = new(width: 300);

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("../secret.txt")]
    [InlineData("/etc/passwd")]
    [InlineData("images/../../secret.txt")]
    public async Task An_evaluation_puts_no_other_file_into_its_report(string place)
    {
        _host.Write("secret.txt", "loot-loot-loot");
        string[] call = ["eval", "micro", "--generator", "canvas", "--images", "1", "--prompts-per-tag", "1", "--tag", "color_attr", "--out", "eval"];
        (await _host.RunAsync(call)).ShouldBe(ExitCode.Success, _host.Screen.Output);
        var samples = Path.Combine(_host.Folder, "eval", "samples.jsonl");
        var text = File.ReadAllText(samples);
        var image = System.Text.RegularExpressions.Regex.Match(text, "images/[0-9a-f]{2}/[0-9a-f]{64}.png").Value;
        File.WriteAllText(samples, text.Replace(image, place, StringComparison.Ordinal));
        File.Delete(Path.Combine(_host.Folder, "eval", "report.html"));

        (await _host.RunAsync(call)).ShouldNotBe(ExitCode.Success);

        _host.Said.ShouldContain("no place of an image");
        File.Exists(Path.Combine(_host.Folder, "eval", "report.html")).ShouldBeFalse();
    }

    [Fact]
    public async Task An_evaluations_image_that_is_a_link_is_not_put_into_the_report()
    {
        var loot = _host.Write("secret.txt", "loot-loot-loot");
        string[] call = ["eval", "micro", "--generator", "canvas", "--images", "1", "--prompts-per-tag", "1", "--tag", "color_attr", "--out", "eval"];
        (await _host.RunAsync(call)).ShouldBe(ExitCode.Success, _host.Screen.Output);
        var image = Directory.EnumerateFiles(Path.Combine(_host.Folder, "eval", "images"), "*.png", SearchOption.AllDirectories).First();
        File.Delete(image);
        File.CreateSymbolicLink(image, loot);
        File.Delete(Path.Combine(_host.Folder, "eval", "report.html"));

        (await _host.RunAsync(call)).ShouldNotBe(ExitCode.Success);

        _host.Said.ShouldContain("changed or damaged");
        File.Exists(Path.Combine(_host.Folder, "eval", "report.html")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_prompt_file_refers_to_no_image_outside_of_its_folder()
    {
        Directory.CreateDirectory(Path.Combine(_host.Folder, "prompts"));
        _host.Write("prompts/prompts.jsonl", """{"prompt": "a cat", "reference": "../../etc/passwd"}""");

        (await _host.RunAsync(
            "data", "synth", "--teacher", "scripted", "--generator", "scripted", "--judge", "judge", "--prompts", "prompts/prompts.jsonl", "--count", "1",
            "--out", "data"))
            .ShouldNotBe(ExitCode.Success);

        _host.Said.ShouldContain("lies outside");
    }
}
