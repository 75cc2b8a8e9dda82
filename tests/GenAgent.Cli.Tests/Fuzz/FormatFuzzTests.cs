using System.Globalization;
using System.Text.RegularExpressions;
using GenAgent.Agents;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using GenAgent.Hosting;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL.Lora;

namespace GenAgent.Cli.Tests.Fuzz;

/// <summary>
/// Damaged files of every format that a command reads: each ends with an exit code of its own and without .NET's own words. The corpus is fixed by its seeds;
/// <c>GENAGENT_FUZZ=2200</c> tries that many damages of each format.
/// </summary>
public sealed class FormatFuzzTests(ITestOutputHelper output) : IDisposable
{
    private const int UsualCount = 16;

    private static readonly int Count =
        int.TryParse(Environment.GetEnvironmentVariable("GENAGENT_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : UsualCount;

    private static readonly Regex Raw = new(
        @"\bSystem\.|Exception\b|^   at |\(Parameter '|LineNumber|BytePosition|could not be converted|"
        + @"Object reference|Nullable object|Sequence contains|Index was out|given key|target element|identified items|"
        + @"doesn't allow|GenAgent\.[A-Z]\w+\.[A-Z]|\bArg_",
        RegexOptions.NonBacktracking | RegexOptions.Multiline);

    private readonly TestHost _host = new(width: 400);
    private readonly DirectoryInfo _pristine = Directory.CreateTempSubdirectory("genagent-fuzz-");

    public void Dispose()
    {
        _host.Dispose();
        _pristine.Delete(recursive: true);
    }

    [Fact]
    public async Task Trajectories()
    {
        await MakeRunAsync();
        await FuzzAsync("run/trajectories.jsonl", ["traj", "list", "run"], ["traj", "show", "run"], ["traj", "export", "run", "--out", "x.json"]);
    }

    [Fact]
    public async Task Run_folders_of_many_prompts()
    {
        await MakeRunAsync();
        await FuzzAsync("run/trajectories.jsonl", ["generate", "--prompts", "prompts.txt", "--out", "run"]);
        await FuzzAsync("run/run.json", ["generate", "--prompts", "prompts.txt", "--out", "run"]);
    }

    [Fact]
    public async Task Configuration()
    {
        _host.Write("genagent.json", """{"Agent":{"MaxRounds":3,"Instructions":"x","Steps":4},"Backends":{"Generator":"scripted"},"Run":{"Concurrency":2},"Judging":{"Kind":"pointwise"}}""");
        await FuzzAsync("genagent.json", ["config", "show"], ["generate", "a red cat", "--out", "run"]);
    }

    [Theory]
    [InlineData("prompts.jsonl", "{\"id\":1,\"prompt\":\"a red cat\"}\n{\"id\":2,\"prompt\":\"a blue dog\"}\n")]
    [InlineData("prompts.json", "[{\"id\":1,\"Prompt\":\"a red cat\"},{\"id\":2,\"Prompt\":\"a blue dog\"}]")]
    [InlineData("prompts.txt", "a red cat\na blue dog\n")]
    public async Task Prompts(string name, string content)
    {
        _host.Write(name, content);
        await FuzzAsync(name, ["generate", "--prompts", name, "--out", "run"]);
    }

    [Fact]
    public async Task Paintings()
    {
        string[] paint = ["data", "paint", "--generator", "canvas", "--count", "4", "--out", "paintings"];
        (await _host.RunAsync(paint)).ShouldBe(ExitCode.Success, _host.Said);
        await FuzzAsync("paintings/paintings.jsonl", paint);
        await FuzzAsync("paintings/run.json", paint);
    }

    [Fact]
    public async Task Synthesis()
    {
        string[] synth = ["data", "synth", "--generator", "canvas", "--count", "6", "--out", "raw"];
        (await _host.RunAsync(synth)).ShouldBe(ExitCode.Success, _host.Said);
        await FuzzAsync("raw/trajectories.jsonl", synth, ["data", "stats", "raw"], ["data", "filter", "raw", "--out", "kept"]);
        await FuzzAsync("raw/run.json", synth);
    }

    [Fact]
    public async Task Evaluations()
    {
        string[] evaluate = ["eval", "micro", "--generator", "canvas", "--oracle", "--prompts-per-tag", "1", "--images", "1", "--out", "eval"];
        (await _host.RunAsync(evaluate)).ShouldBe(ExitCode.Success, _host.Said);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_host.Folder, "eval"), "*.json*").Select(file => Path.GetFileName(file))
            .Order(StringComparer.Ordinal).ToList())
        {
            await FuzzAsync($"eval/{file}", evaluate, ["eval", "compare", "eval", "eval"]);
        }
    }

    [Fact]
    public async Task Conversations_of_other_trainers()
    {
        await MakeRunAsync();
        (await _host.RunAsync("traj", "export", "run", "--out", "x.json")).ShouldBe(ExitCode.Success, _host.Said);
        await FuzzAsync("x.json", ["traj", "import", "x.json", "--out", "imported"]);
    }

    [Theory]
    [InlineData("sft", """
        {"data":[{"kind":"perception","weight":1,"perception":{"seed":3,"weights":{"Request":1}}}],"training":{"steps":2,"batchSize":2,"learningRate":1e-3},"sft":{"packTokens":512},"heldOut":2}
        """)]
    [InlineData("rl", """
        {"startFrom":"micro","generator":"canvas","prompts":{"kind":"micro","requests":0.5},"rewards":{"final":0.7,"format":-0.2},"grpo":{"prompts":2,"rollouts":2,"kept":2},"training":{"steps":2}}
        """)]
    public async Task Recipes(string stage, string content)
    {
        _host.Write("recipe.json", content);
        await FuzzAsync("recipe.json", ["train", stage, "recipe.json", "--out", "trained", "--dry-run"]);
    }

    [Theory]
    [InlineData("generation_config.json", """{"temperature":0.7,"top_p":0.9,"top_k":20,"eos_token_id":[1,2],"max_new_tokens":100,"sequence_bias":[[[5],-1.5]],"do_sample":true}""")]
    [InlineData("agent.json", """{"instructions":"paint","maxRounds":4}""")]
    [InlineData("preprocessor_config.json", """{"min_pixels":3136,"max_pixels":12845056,"patch_size":14,"temporal_patch_size":2,"merge_size":2,"image_mean":[0.48,0.45,0.40],"image_std":[0.26,0.26,0.27],"rescale_factor":0.0039}""")]
    [InlineData("adapter_config.json", """{"peft_type":"LORA","r":4,"lora_alpha":8,"target_modules":["q_proj","v_proj"],"rank_pattern":{"x":8},"alpha_pattern":{}}""")]
    public async Task Files_of_models(string name, string content)
    {
        _host.Write(name, content);
        Action load = name switch
        {
            "generation_config.json" => () => GenerationDefaults.Load(_host.Folder),
            "agent.json" => () => AgentProfile.Load(_host.Folder),
            "preprocessor_config.json" => () => ImageProcessorOptions.Load(_host.Folder),
            _ => () => LoraOptions.Load(_host.Folder),
        };
        await FuzzAsync(name, () =>
        {
            try
            {
                load();
                return Task.FromResult((ExitCode.Success, string.Empty));
            }
            catch (Exception fault)
            {
                return Task.FromResult((ExitCodes.Of(fault, static () => ExitCode.Cancelled), ErrorMessages.Of(fault)));
            }
        });
    }

    private async Task MakeRunAsync()
    {
        _host.Write("prompts.txt", "a red cat\na blue dog\n");
        (await _host.RunAsync("generate", "--prompts", "prompts.txt", "--out", "run", "--seed", "1")).ShouldBe(ExitCode.Success, _host.Said);
    }

    private Task FuzzAsync(string file, params string[][] commands) =>
        FuzzAsync(file, [.. commands.Select(command => (Func<Task<(ExitCode, string)>>)(async () =>
    {
        var from = _host.Screen.Output.Length;
        var code = await _host.RunAsync(command).WaitAsync(TimeSpan.FromMinutes(2));
        return (code, _host.Screen.Output[from..]);
    }))]);

    private async Task FuzzAsync(string file, params Func<Task<(ExitCode Code, string Said)>>[] readers)
    {
        Copy(_host.Folder, _pristine.FullName);
        var path = Path.Combine(_host.Folder, file);
        var valid = await File.ReadAllBytesAsync(path);
        foreach (var read in readers)
        {
            (await read()).Code.ShouldBe(ExitCode.Success, _host.Said);
        }

        var (codes, wrong) = (new SortedDictionary<string, int>(StringComparer.Ordinal), new List<string>());
        for (var i = 0; i < Count; i++)
        {
            var bytes = (i % 2 == 0 ? new JsonMutator(i).Mutate(valid) : null) ?? new Mutator(i).Mutate(valid);
            foreach (var read in readers)
            {
                Restore();
                await File.WriteAllBytesAsync(path, bytes);
                var (code, said) = await read();
                codes[$"{code}"] = codes.GetValueOrDefault($"{code}") + 1;
                if (code == ExitCode.Failed || Raw.IsMatch(said)) wrong.Add($"{file}, mutation {i}: {code}: {said.Trim()}");
            }
        }

        output.WriteLine($"{file}: {Count} damages, {string.Join(", ", codes.Select(one => $"{one.Value} {one.Key}"))}");
        Restore();
        wrong.ShouldBeEmpty($"{wrong.Count} of {Count * readers.Length}:\n{string.Join('\n', wrong.Take(12))}\n");
    }

    private void Restore()
    {
        foreach (var entry in new DirectoryInfo(_host.Folder).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo folder) folder.Delete(recursive: true);
            else entry.Delete();
        }

        Copy(_pristine.FullName, _host.Folder);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        foreach (var folder in Directory.EnumerateDirectories(from)) Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
