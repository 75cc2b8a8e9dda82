using System.Security.Cryptography;
using System.Text.Json;
using SkiaSharp;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>The command line as a process, against servers that are processes, over real sockets.</summary>
public sealed class GenerateProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("genagent-e2e-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string[] Generate(FakeServer chat, FakeServer comfy, params string[] more) =>
        ["generate", "--agent", $"openai:fake-vl@{chat.Address}/v1", "--generator", $"comfyui:{comfy.Address}", "--size", "64x64", "--out", "run", .. more];

    private string InRun(params string[] path) => Path.Combine([_folder, "run", .. path]);

    private List<JsonElement> Trajectories() => [.. File.ReadAllLines(InRun("trajectories.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];

    [Fact]
    public async Task Generate_runs_end_to_end_against_a_chat_server_and_ComfyUI()
    {
        using var chat = await FakeServer.StartAsync("chat");
        using var comfy = await FakeServer.StartAsync("comfyui");

        using var genagent = CliProcess.Start(_folder, Generate(chat, comfy, "--judge", $"openai:fake-vl@{chat.Address}/v1", "--seed", "5", "a red cat"));
        (await genagent.WaitAsync()).ShouldBe(0, genagent.Errors);

        var file = Path.Combine(_folder, genagent.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        using var image = SKBitmap.Decode(file);
        (image.Width, image.Height).ShouldBe((64, 64));
        genagent.Errors.ShouldContain("round 1: thinks: They want: a red cat");
        genagent.Errors.ShouldContain("round 2: judges: Not quite it. [fail]");
        genagent.Errors.ShouldContain("judge: 0.80 pass by pointwise/1@fake-vl");
        var rounds = Trajectories().ShouldHaveSingleItem().GetProperty("rounds").EnumerateArray().ToList();
        rounds.Count.ShouldBe(3);
        rounds[0].GetProperty("images")[0].GetProperty("seed").GetInt64().ShouldNotBe(rounds[1].GetProperty("images")[0].GetProperty("seed").GetInt64());
    }

    [Fact]
    public async Task Prompts_that_are_killed_at_random_moments_are_all_finished_once_and_no_image_is_lost()
    {
        using var chat = await FakeServer.StartAsync("chat", delayMilliseconds: 10);
        using var comfy = await FakeServer.StartAsync("comfyui", delayMilliseconds: 60);
        string[] prompts = [.. Enumerable.Range(0, 6).Select(i => $"prompt number {i}"), "prompt number 0"];
        File.WriteAllLines(Path.Combine(_folder, "prompts.txt"), prompts);
        var moments = new Random(20261123);

        var killed = 0;
        for (var ended = false; !ended && killed < 4;)
        {
            using var genagent = CliProcess.Start(_folder, Generate(chat, comfy, "--prompts", "prompts.txt", "--jobs", "3"));
            ended = await genagent.KillAfterAsync(TimeSpan.FromMilliseconds(moments.Next(300, 1100)));
            killed += ended ? 0 : 1;
        }

        using var last = CliProcess.Start(_folder, Generate(chat, comfy, "--prompts", "prompts.txt", "--jobs", "3"));
        (await last.WaitAsync()).ShouldBe(0, last.Errors);

        killed.ShouldBeGreaterThan(0, "nothing was killed, so nothing was shown");
        var trajectories = Trajectories();
        trajectories.Select(one => one.GetProperty("prompt").GetString()).Order().ShouldBe(prompts.Order());
        trajectories.Select(one => one.GetProperty("labels").GetProperty("prompt_key").GetString()).ShouldBeUnique();
        foreach (var reference in trajectories.SelectMany(one => one.GetProperty("rounds").EnumerateArray()).SelectMany(round => round.GetProperty("images").EnumerateArray()))
        {
            var id = reference.GetProperty("id").GetString()!;
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(InRun("images", id[..2], $"{id}.png")))).ShouldBe(id);
        }

        var finals = last.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        finals.Length.ShouldBe(prompts.Length);
        finals.ShouldAllBe(path => SKBitmap.Decode(Path.Combine(_folder, path)) != null);
        Directory.EnumerateFiles(_folder, "*.part", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task A_signal_gives_the_best_attempt_so_far_with_its_exit_code(string signal, int code)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        using var chat = await FakeServer.StartAsync("chat");
        using var comfy = await FakeServer.StartAsync("comfyui", delayMilliseconds: 100);

        using var genagent = CliProcess.Start(_folder, Generate(chat, comfy, "stop me", "--rounds", "100"), awaited: "round 1: image:");
        await genagent.WaitForTextAsync();
        genagent.Signal(signal);

        (await genagent.WaitAsync()).ShouldBe(code, genagent.Errors);
        genagent.Errors.ShouldContain("cancelled");
        File.Exists(Path.Combine(_folder, genagent.Output.Trim())).ShouldBeTrue();
    }

    [Fact]
    public async Task A_full_disk_is_named_and_what_was_finished_is_kept()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "file size limits are Unix's");
        using var chat = await FakeServer.StartAsync("chat");
        using var comfy = await FakeServer.StartAsync("comfyui");
        File.WriteAllLines(Path.Combine(_folder, "prompts.txt"), Enumerable.Range(0, 12).Select(i => $"prompt number {i}"));
        var arguments = Generate(chat, comfy, "--prompts", "prompts.txt", "--jobs", "1");

        using (var full = CliProcess.StartWithFileLimit(_folder, arguments, kibibytes: 16))
        {
            (await full.WaitAsync()).ShouldBe(5, full.Errors);
            full.Errors.ShouldContain("error:");
            full.Errors.ShouldContain("trajectories.jsonl");
        }

        var kept = Trajectories().Count;
        kept.ShouldBeInRange(1, 11);
        using var roomy = CliProcess.Start(_folder, arguments);
        (await roomy.WaitAsync()).ShouldBe(0, roomy.Errors);
        Trajectories().Select(one => one.GetProperty("prompt").GetString()).ShouldBeUnique();
        Trajectories().Count.ShouldBe(12);
    }

    [Fact]
    public async Task A_server_that_is_not_there_ends_the_call_with_a_code_and_its_address()
    {
        using var genagent = CliProcess.Start(
            _folder, ["generate", "a red cat", "--agent", "openai:m@http://127.0.0.1:9/v1", "--generator", "comfyui:http://127.0.0.1:9", "--out", "run", "--set", "Http:MaxRetries=0"]);

        (await genagent.WaitAsync()).ShouldBe(4, genagent.Errors);

        genagent.Errors.ShouldContain("127.0.0.1:9");
        genagent.Output.ShouldBeEmpty();
    }
}
