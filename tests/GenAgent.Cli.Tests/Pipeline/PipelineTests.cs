using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using GenAgent.Micro.Training.Pipeline;
using GenAgent.Training.Recipes;
using Microsoft.Extensions.Time.Testing;

namespace GenAgent.Cli.Tests.Pipeline;

public sealed class PipelineTests : IDisposable
{
    private const string Small = """
        {
          "prefix": "p",
          "stages": [
            { "name": "painter", "steps": [
              { "step": "train", "kind": "flow", "recipe": "flux.json", "out": "flux", "minutes": 10 },
              { "step": "copy", "from": "run:flux/model", "to": "painter" } ] },
            { "name": "agent", "steps": [
              { "step": "synth", "generator": "run:flux/model", "count": 20, "requests": 0.5, "out": "synth", "minutes": 5 },
              { "step": "filter", "from": "run:synth", "maxOneRound": 0.7, "out": "kept" },
              { "step": "train", "kind": "sft", "recipe": "sft.json", "out": "sft", "minutes": 20,
                "set": { "data.0.path": "run:kept", "rollouts.generator": "run:flux/model" } } ] }
          ]
        }
        """;

    private readonly TestHost _host = new();
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _ran = [];
    private readonly List<PipelineProgress> _progress = [];

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Steps_run_in_order_with_the_folders_that_earlier_ones_write()
    {
        (await RunAsync()).ShouldBe(0);

        _ran.ShouldBe(
        [
            "train flow r/flux.json --out runs/p-flux --resume",
            "models copy runs/p-flux/model models/painter",
            "data synth --generator ./runs/p-flux/model --count 20 --requests 0.5 --out runs/p-synth",
            "data filter runs/p-synth --max-one-round 0.7 --out runs/p-kept",
            "train sft r/sft.json --out runs/p-sft --resume --set data.0.path=runs/p-kept --set rollouts.generator=./runs/p-flux/model",
        ]);
    }

    [Fact]
    public async Task A_step_that_fails_stops_the_pipeline_and_the_next_call_begins_with_it()
    {
        (await RunAsync(fails: "data filter")).ShouldBe(7);
        _ran.Clear();

        (await RunAsync()).ShouldBe(0);

        _ran.Count.ShouldBe(2);
        _ran[0].ShouldStartWith("data filter");
    }

    [Fact]
    public async Task A_line_that_a_killed_process_left_half_written_does_not_swallow_the_next_one()
    {
        await RunAsync(fails: "data filter");
        var log = Path.Combine(_host.Folder, "runs", "pipeline.jsonl");
        await File.AppendAllTextAsync(log, "{\"stage\":\"agent\",\"comm");
        await RunAsync();
        _ran.Clear();

        (await RunAsync()).ShouldBe(0);

        _ran.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_deleted_is_made_again_and_so_is_all_that_comes_after()
    {
        await RunAsync();
        _ran.Clear();
        Directory.Delete(Path.Combine(_host.Folder, "runs", "p-synth"), recursive: true);

        await RunAsync();

        _ran.Select(line => line.Split(' ')[1]).ShouldBe(["synth", "filter", "sft"]);
    }

    [Fact]
    public async Task A_run_from_a_stage_takes_what_is_there_and_says_what_is_missing()
    {
        (await Should.ThrowAsync<ArgumentException>(() => RunAsync(from: "agent"))).Message.ShouldContain("p-flux is missing");
        (await Should.ThrowAsync<ArgumentException>(() => RunAsync(from: "agents"))).Message.ShouldContain("painter, agent");
        Directory.CreateDirectory(Path.Combine(_host.Folder, "runs", "p-flux"));

        (await RunAsync(from: "agent")).ShouldBe(0);

        _ran[0].ShouldStartWith("data synth");
    }

    [Fact]
    public async Task The_time_left_is_scaled_by_what_finished_steps_took()
    {
        // Every step takes twenty minutes here; the first was expected to take ten, so the other twenty-five expected minutes are fifty.
        await RunAsync();

        _progress[0].Left.ShouldBe(TimeSpan.FromMinutes(35));
        _progress[1].Left.ShouldBe(TimeSpan.FromMinutes(50));
    }

    [Theory]
    [InlineData("run:flux/model", "run:flax/model", "run:flax, which no earlier step writes")]
    [InlineData("\"out\": \"kept\"", "\"out\": \"synth\"", "writes \"synth\", as an earlier step does")]
    [InlineData("\"kind\": \"sft\"", "\"kind\": \"sftt\"", "none of vae, flow, sight, sft, rl")]
    [InlineData("\"to\": \"painter\"", "\"to\": \"../painter\"", "without a path")]
    [InlineData("\"count\": 20", "\"count\": 0", "count")]
    [InlineData("\"step\": \"filter\"", "\"step\": \"fliter\"", "fliter")]
    [InlineData("\"name\": \"agent\"", "\"name\": \"painter\"", "two stages")]
    public void A_pipeline_whose_parts_do_not_fit_is_refused_with_the_place(string what, string by, string reason)
    {
        var file = _host.Write("pipeline.json", Small.Replace(what, by, StringComparison.Ordinal));

        Should.Throw<RecipeException>(() => TrainingPipeline.Read(file)).Message.ShouldContain(reason);
    }

    [Fact]
    public async Task A_wrong_pipeline_is_a_wrong_call()
    {
        _host.Write("pipeline.json", """{ "stages": [] }""");

        (await _host.RunAsync("pipeline", "pipeline.json")).ShouldBe(ExitCode.Usage);
        _host.Said.ShouldContain("stages");
    }

    private async Task<int> RunAsync(string? from = null, string? fails = null)
    {
        var pipeline = TrainingPipeline.Read(_host.Write("pipeline.json", Small));
        var places = new PipelinePlaces("r", "runs", "models", pipeline.Prefix);
        var onDisk = places with { Runs = Path.Combine(_host.Folder, "runs"), Models = Path.Combine(_host.Folder, "models") };
        await using var log = PipelineLog.Open(Path.Combine(_host.Folder, "runs", "pipeline.jsonl"));
        return await new PipelineRun(pipeline, onDisk, places, _time).RunAsync(from, log, new Told(_progress), line =>
        {
            var command = string.Join(' ', line);
            _ran.Add(command);
            _time.Advance(TimeSpan.FromMinutes(20));
            if (fails is not null && command.StartsWith(fails, StringComparison.Ordinal)) return Task.FromResult(7);
            var target = line.Contains("--out") ? line[line.ToList().IndexOf("--out") + 1] : line[^1];
            Directory.CreateDirectory(Path.Combine(_host.Folder, target));
            return Task.FromResult(0);
        });
    }

    private sealed class Told(List<PipelineProgress> progress) : IProgress<PipelineProgress>
    {
        public void Report(PipelineProgress value) => progress.Add(value);
    }
}
