using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;
using GenAgent.Evaluation.Reports;
using GenAgent.Micro.Training.Ablations;

namespace GenAgent.Cli.Tests.Ablations;

public sealed class AblationTests : IDisposable
{
    private const string Study = """
        {
          "recipe": "rl.json", "seeds": [1, 2],
          "evaluations": [{ "name": "dense", "benchmark": "micro", "generator": "canvas", "arguments": ["--images", "1"] }],
          "variants": [
            { "name": "full" }, { "name": "no pairwise reward", "set": { "rewards.reflection": "0" } },
            { "name": "no tool loop", "trains": false, "arguments": ["--rewrite"] }]
        }
        """;

    private readonly TestHost _host = new(width: 200);

    public AblationTests() => _host.Write("rl.json", """{ "startFrom": "models/agent", "training": { "steps": 2 } }""");

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Each_variant_is_trained_with_each_seed_and_evaluated_like_the_others()
    {
        var runs = new AblationRuns(AblationStudy.Read(_host.Write("study.json", Study)), "r", "out");

        runs.Commands.Select(line => string.Join(' ', line)).ShouldBe(
        [
            "train rl r/rl.json --out out/full/seed-1 --resume --set training.seed=1",
            "eval run micro --agent ./out/full/seed-1/model --generator canvas --images 1 --out out/full/eval-dense-1",
            "train rl r/rl.json --out out/full/seed-2 --resume --set training.seed=2",
            "eval run micro --agent ./out/full/seed-2/model --generator canvas --images 1 --out out/full/eval-dense-2",
            "train rl r/rl.json --out out/no-pairwise-reward/seed-1 --resume --set rewards.reflection=0 --set training.seed=1",
            "eval run micro --agent ./out/no-pairwise-reward/seed-1/model --generator canvas --images 1 --out out/no-pairwise-reward/eval-dense-1",
            "train rl r/rl.json --out out/no-pairwise-reward/seed-2 --resume --set rewards.reflection=0 --set training.seed=2",
            "eval run micro --agent ./out/no-pairwise-reward/seed-2/model --generator canvas --images 1 --out out/no-pairwise-reward/eval-dense-2",
            "eval run micro --agent ./models/agent --generator canvas --images 1 --rewrite --out out/no-tool-loop/eval-dense",
        ]);
    }

    [Theory]
    [InlineData("\"seeds\": [1, 2]", "\"seeds\": []", "\"seeds\" is empty")]
    [InlineData("rewards.reflection", "rewards", "rewards")]
    [InlineData("no tool loop", "FULL", "two have the name")]
    [InlineData("\"recipe\": \"rl.json\"", "\"recipe\": \"rll.json\"", "rll.json")]
    public async Task A_study_that_cannot_run_is_refused_before_anything_is_trained(string what, string by, string reason)
    {
        _host.Write("study.json", Study.Replace(what, by, StringComparison.Ordinal));

        (await _host.RunAsync("train", "ablations", "study.json", "--dry-run")).ShouldBe(ExitCode.Usage);
        _host.Said.ShouldContain(reason);
    }

    [Fact]
    public async Task The_shipped_study_names_what_exists()
    {
        var study = Path.Combine(RepoFolder.Root, "recipes", "micro", "ablations.json");

        (await _host.RunAsync("train", "ablations", study, "--dry-run")).ShouldBe(ExitCode.Success, _host.Said);

        AblationStudy.Read(study).Variants.Count.ShouldBeGreaterThan(6);
    }

    [Fact]
    public async Task Differences_are_those_of_the_same_prompts_and_have_an_interval()
    {
        string[] evaluate = ["eval", "micro", "--images", "2", "--prompts-per-tag", "3", "--generator"];
        foreach (var (name, dropped) in new[] { ("good-1", "0"), ("good-2", "0.05"), ("bad-1", "0.6"), ("bad-2", "0.7") })
            (await _host.RunAsync([.. evaluate, $"canvas?drop={dropped}&merge=0&recolor=0", "--oracle", "--out", name])).ShouldBe(ExitCode.Success, _host.Said);
        List<string> Folders(string name) => [Path.Combine(_host.Folder, $"{name}-1"), Path.Combine(_host.Folder, $"{name}-2")];

        var baseline = SeededResult.Of("good", Folders("good"), null);
        var worse = SeededResult.Of("bad", Folders("bad"), Folders("good"));

        (baseline.Seeds, baseline.Difference).ShouldBe((2, null));
        worse.Difference!.Value.ShouldBe(worse.Success - baseline.Success, 1e-9);
        worse.DifferenceInterval!.Value.High.ShouldBeLessThan(0);
        worse.DifferenceInterval!.Value.Low.ShouldBeLessThanOrEqualTo(worse.Difference!.Value);
    }
}
