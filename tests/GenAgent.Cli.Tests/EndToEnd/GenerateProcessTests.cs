using System.Security.Cryptography;
using System.Text.Json;
using SkiaSharp;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>The command line as a process, against servers that are processes, over real sockets.</summary>
public sealed class GenerateProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string[] Generate(FakeServer chat, FakeServer comfy, params string[] more) =>
        [
            "generate",
            "--agent",
            $"openai:fake-vl@{chat.Address}/v1",
            "--generator",
            $"comfyui:{comfy.Address}",
            .. Default(more, "--size", "64x64"),
            .. Default(more, "--out", "run"),
            .. more
        ];

    private static string[] Default(string[] given, string flag, string value) => given.Contains(flag) ? [] : [flag, value];

    private string InRun(params string[] path) => Path.Combine([_folder.Path, "run", .. path]);

    private List<JsonElement> Trajectories() => [.. File.ReadAllLines(InRun("trajectories.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];

    [Fact]
    public async Task Generate_runs_end_to_end_against_a_chat_server_and_ComfyUI()
    {
        using var chat = await FakeServer.StartAsync("chat");
        using var comfy = await FakeServer.StartAsync("comfyui");

        using var genagent = CliProcess.Start(_folder.Path, Generate(chat, comfy, "--judge", $"openai:fake-vl@{chat.Address}/v1", "--seed", "5", "a red cat"));
        (await genagent.WaitAsync()).ShouldBe(0, genagent.Errors);

        var file = Path.Combine(_folder.Path, genagent.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
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
        File.WriteAllLines(_folder["prompts.txt"], prompts);
        var moments = new Random(20261123);

        var killed = 0;
        for (var ended = false; !ended && killed < 4;)
        {
            using var genagent = CliProcess.Start(_folder.Path, Generate(chat, comfy, "--prompts", "prompts.txt", "--jobs", "3"));
            ended = await genagent.KillAfterAsync(TimeSpan.FromMilliseconds(moments.Next(300, 1100)));
            killed += ended ? 0 : 1;
        }

        using var last = CliProcess.Start(_folder.Path, Generate(chat, comfy, "--prompts", "prompts.txt", "--jobs", "3"));
        (await last.WaitAsync()).ShouldBe(0, last.Errors);

        killed.ShouldBeGreaterThan(0, "nothing was killed, so nothing was shown");
        var trajectories = Trajectories();
        trajectories.Select(one => one.GetProperty("prompt").GetString()).Order().ShouldBe(prompts.Order());
        trajectories.Select(one => one.GetProperty("task").GetProperty("key").GetString()).ShouldBeUnique();
        foreach (var reference in trajectories.SelectMany(one => one.GetProperty("rounds").EnumerateArray())
            .SelectMany(round => round.GetProperty("images").EnumerateArray()))
        {
            var id = reference.GetProperty("id").GetString()!;
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(InRun("images", id[..2], $"{id}.png")))).ShouldBe(id);
        }

        var finals = last.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        finals.Length.ShouldBe(prompts.Length);
        finals.ShouldAllBe(path => SKBitmap.Decode(_folder[path]) != null);
        Directory.EnumerateFiles(_folder.Path, "*.tmp", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public async Task A_signal_gives_the_best_attempt_so_far_with_its_exit_code(string signal, int code)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        Assert.SkipWhen(
            IgnoredSignals.Contain(signal), $"the tests were started with SIG{signal} ignored (nohup, a background job), and so is what they start");
        using var chat = await FakeServer.StartAsync("chat");
        using var comfy = await FakeServer.StartAsync("comfyui", delayMilliseconds: 100);

        using var genagent = CliProcess.Start(_folder.Path, Generate(chat, comfy, "stop me", "--rounds", "100"), awaited: "round 1: image:");
        await genagent.WaitForTextAsync();
        genagent.Signal(signal);

        (await genagent.WaitAsync()).ShouldBe(code, genagent.Errors);
        genagent.Errors.ShouldContain("cancelled");
        File.Exists(Path.Combine(_folder.Path, genagent.Output.Trim())).ShouldBeTrue();
    }


    [Fact]
    public async Task Where_standard_output_is_full_the_error_says_so_and_the_image_is_saved()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "Linux's device that is always full");
        using var full = CliProcess.StartIntoFullDevice(
            _folder.Path, ["generate", "a red circle", "--agent", "oracle", "--generator", "canvas", "--out", "run"]);

        (await full.WaitAsync()).ShouldBe(5, full.Errors);

        full.Errors.ShouldContain("error: Standard output could not be written: the disk is full");
        full.Errors.ShouldContain("Free some space, and run the same command again.");
        Directory.GetFiles(_folder["run"], "*.png").ShouldHaveSingleItem();
    }

    // The images of 64 x 64 have a few hundred bytes, those of 1024 x 1024 more than 2 KiB, a trajectory about 4 KiB.
    [Theory]
    [InlineData("64x64", 16, "trajectories.jsonl: trajectory", 2, 5)]
    [InlineData("1024x1024", 2, ".png: the image could not be written", 0, 0)]
    public async Task A_file_that_may_not_grow_is_named_and_the_same_command_goes_on_when_it_may(
        string size, int kibibytes, string named, int atLeast, int atMost)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "file size limits are Unix's");
        using var chat = await FakeServer.StartAsync("chat");
        using var comfy = await FakeServer.StartAsync("comfyui");
        string[] prompts = [.. Enumerable.Range(0, 6).Select(i => $"prompt number {i}")];
        File.WriteAllLines(_folder["prompts.txt"], prompts);
        var arguments = Generate(chat, comfy, "--size", size, "--prompts", "prompts.txt", "--jobs", "1");

        using (var full = CliProcess.StartWithFileLimit(_folder.Path, arguments, kibibytes))
        {
            (await full.WaitAsync()).ShouldBe(5, full.Errors);
            var error = full.Errors.Split('\n').Single(line => line.StartsWith("error: ", StringComparison.Ordinal));
            error.ShouldContain(named);
            error.ShouldContain("larger than a file may be here (ulimit -f");
            error.ShouldContain("Raise the limit, and run the same command again.");
        }

        RequireWhole(InRun(), prompts.Take(Trajectories().Count));
        Trajectories().Count.ShouldBeInRange(atLeast, atMost);
        using var roomy = CliProcess.Start(_folder.Path, arguments);
        (await roomy.WaitAsync()).ShouldBe(0, roomy.Errors);
        RequireWhole(InRun(), prompts);
    }

    [Fact]
    public async Task A_full_disk_is_named_nothing_half_written_stays_and_the_same_command_goes_on_when_there_is_room()
    {
        using var chat = await FakeServer.StartAsync("chat");
        using var comfy = await FakeServer.StartAsync("comfyui");
        string[] prompts = [.. Enumerable.Range(0, 6).Select(i => $"prompt number {i}")];
        File.WriteAllLines(_folder["prompts.txt"], prompts);

        // A prompt takes about 16 KiB: three images of a page each, and its trajectory.
        await CliProcess.RunOnSmallDiskAsync(
            _folder.Path, Generate(chat, comfy, "--prompts", "prompts.txt", "--jobs", "1", "--out", "disk/run"), kibibytes: 64);

        Assert.SkipUnless(
            Directory.Exists(_folder["full"]), "nobody may mount a disk here; a limit on file sizes stands in for it in another test");
        var error = Read("full.err");
        Read("full.code").Trim().ShouldBe("5", error);
        error.ShouldContain("the disk is full (No space left on device");
        error.ShouldContain(Path.Combine(_folder.Path, "disk", "run") + Path.DirectorySeparatorChar);
        error.ShouldContain("Free some space, and run the same command again. What is finished is kept");
        var finished = File.ReadAllLines(Path.Combine(_folder.Path, "full", "run", "trajectories.jsonl")).Length;
        finished.ShouldBeInRange(1, 5);
        RequireWhole(Path.Combine(_folder.Path, "full", "run"), prompts.Take(finished), lastImageMayLack: true);
        Read("roomy.code").Trim().ShouldBe("0", Read("roomy.err"));
        RequireWhole(Path.Combine(_folder.Path, "roomy", "run"), prompts);

        string Read(string name) => File.ReadAllText(_folder[name]);
    }

    /// <summary>Each prompt is there once with all its images, and no file holds a part of what it should.</summary>
    private static void RequireWhole(string folder, IEnumerable<string> prompts, bool lastImageMayLack = false)
    {
        var text = File.ReadAllText(Path.Combine(folder, "trajectories.jsonl"));
        (text.Length == 0 || text.EndsWith('\n')).ShouldBeTrue("a half line is left");
        List<JsonElement> trajectories = [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        trajectories.Select(one => one.GetProperty("prompt").GetString()).ShouldBe(prompts);
        var named = trajectories.SelectMany(one => one.GetProperty("rounds").EnumerateArray()).SelectMany(round => round.GetProperty("images").EnumerateArray())
            .Select(image => image.GetProperty("id").GetString()!).ToList();
        var images = Directory.Exists(Path.Combine(folder, "images"))
            ? Directory.GetFiles(Path.Combine(folder, "images"), "*", SearchOption.AllDirectories)
            : [];
        images.ShouldAllBe(file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))) == Path.GetFileNameWithoutExtension(file));
        named.ShouldBeSubsetOf(images.Select(Path.GetFileNameWithoutExtension)!);
        var finals = Directory.GetFiles(folder, "*.png");
        finals.ShouldAllBe(file => SKBitmap.Decode(file) != null);
        finals.Length.ShouldBeInRange(trajectories.Count - (lastImageMayLack ? 1 : 0), trajectories.Count);
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ShouldNotContain(file => file.EndsWith(".part") || file.EndsWith(".tmp"));
    }

    [Fact]
    public async Task A_server_that_is_not_there_ends_the_call_with_a_code_and_its_address()
    {
        using var genagent = CliProcess.Start(
            _folder.Path,
            ["generate", "a red cat", "--agent", "openai:m@http://127.0.0.1:9/v1", "--generator", "comfyui:http://127.0.0.1:9", "--out", "run", "--set",
                "Http:MaxRetries=0"]);

        (await genagent.WaitAsync()).ShouldBe(4, genagent.Errors);

        genagent.Errors.ShouldContain("127.0.0.1:9");
        genagent.Output.ShouldBeEmpty();
    }
}
