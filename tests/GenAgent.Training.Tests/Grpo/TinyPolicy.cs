using GenAgent.Agents;
using GenAgent.Judging;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using GenAgent.Running.Sharing;
using GenAgent.Training.Grpo;
using GenAgent.Training.Grpo.Engines;
using GenAgent.Training.Grpo.Rewards;
using GenAgent.Training.Grpo.Rollouts;
using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using GenAgent.Training.Synthesis;
using GenAgent.Training.Tests.Grpo.Engines;
using GenAgent.Training.Tests.Sft;
using GenAgent.Training.Tests.Synthesis;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Tests.Grpo;

/// <summary>A policy with random weights, and a task that it can learn in a few steps: to write tokens with even ids.</summary>
internal static class TinyPolicy
{
    public static readonly GrpoOptions Options =
        new() { Prompts = 3, Rollouts = 6, Kept = 4, MaxGroups = 1, PackTokens = 512, SavedWeights = WeightType.FP32, Concurrency = 8, Updates = 1 };

    public static readonly TrainingOptions Training = new()
    {
        Seed = 3, Steps = 12, Workers = 1, LearningRate = 1e-2, Schedule = new LearningRateSchedule { Shape = LearningRateShape.Constant },
            CheckpointEvery = 2, LogEvery = 1,
    };

    public static GenerationEngineOptions Engine { get; } = new() { Threads = 1, CacheBytes = 64 << 20 };

    public static byte[] Picture { get; } = TestImages.Encode(
        32, 32, [.. Enumerable.Range(0, 32 * 32 * 3).Select(i => (byte)(i % 3 == 1 ? 200 : i % 97))]);

    /// <summary>Writes a model with random weights into the folder, once, and loads it.</summary>
    public static Policy Create(string folder, int maxTurnTokens, bool ownSampler = false, Func<string, RemoteSampling>? remote = null)
    {
        var model = Path.Combine(folder, "start");
        if (!File.Exists(Path.Combine(model, "config.json")))
        {
            AgentFolder.Create(model, TinyAgent.Options.Model, ConversationTexts.Of(new SquaresSource()));
            var tokenizer = TokenizerLoader.Load(model);
            using var weights =
                new Qwen25VLModel(
                (TinyAgent.Options.Model with { MaxPositions = 2048 }).ToConfig(token => ((ITokenizer)tokenizer).IdOf(token), tokenizer.IdLimit));
            weights.Initialize(1);
            Qwen25VLCheckpoint.Save(weights, model, TorchSharp.torch.ScalarType.Float32);
            File.WriteAllText(Path.Combine(model, "generation_config.json"), $$"""{"max_new_tokens": {{maxTurnTokens}}}""");
        }

        return new Policy(model, 1, ownSampler, Engine, remote: remote?.Invoke(model));
    }

    public static Rollout Rollout(TokenTrace trace, int images, int turns, byte[] picture) => new(
        new SynthesisPrompt("p", "c", "Paint."),
        BareTrajectory.Of([.. Enumerable.Range(0, turns).Select(turn => new Round(turn, "said") { Shown = turn < images ? 0 : null })]) with { Trace = trace },
        [.. Enumerable.Range(0, images).Select(_ => new DataContent(picture, "image/png"))], null);

    public static TrainingOutcome Train(
        string folder, GrpoOptions? options = null, TrainingOptions? training = null, Action<TrainingProgress>? progress = null, IReward? reward = null,
        List<string>? notices = null, Action<FolderEngine>? engine = null, SharedRollouts? shared = null)
    {
        options ??= Options;
        FolderEngine? remote = null;
        RemoteSampling Remote(string start)
        {
            engine!(remote = new FolderEngine(start, Engine));
            return new RemoteSampling(remote, Path.Combine(folder, "weights"));
        }

        using var policy = Create(folder, maxTurnTokens: 8, options.MaxStaleness > 0, engine is null ? null : Remote);
        using var engineOutside = remote;
        using var agent =
            new ImageAgent(policy.Client, new SynthesisWorld.Painter(),
            new ImageAgentOptions { Instructions = "Write.", Faults = new FaultLimits { BrokenTurns = 0 }, MaxRounds = 2 });
        var rubric = new Rubric(
            new Dictionary<string, double>(StringComparer.Ordinal) { [(reward ?? new EvenIds()).Name] = 1 }, new NoJudge(), own: [reward ?? new EvenIds()]);
        using var trainer = new GrpoTrainer(options, training ?? Training, policy, Path.Combine(folder, "start"), folder, rubric.Identity,
            seeds =>
            {
                RolloutCollector Collector(RunSharing? sharing) =>
                    new(agent, new SynthesisWorld.Prompts(), rubric, options, Path.Combine(folder, "rollouts"), seeds, TimeProvider.System)
                    {
                        Sharing = sharing,
                    };
                return Collector(shared?.Begin(Collector(null)));
            });
        return trainer.Run(resume: true, progress: new Runs.Each(p => progress?.Invoke(p)), notice: notices is null ? null : notices.Add);
    }

    public static double Reward(System.Text.Json.JsonElement entry) => entry.GetProperty("reward").GetDouble();

    /// <summary>The share of the tokens that the model wrote whose ids are even.</summary>
    private sealed class EvenIds : IReward
    {
        public string Name => "even";

        public ValueTask<double> OfAsync(JudgedRollout rollout, CancellationToken cancellationToken)
        {
            var trace = rollout.Trajectory.Trace!;
            int[] said = [.. trace.Ids.Where((_, i) => trace.Sampled[i])];
            return ValueTask.FromResult(said.Count(id => id % 2 == 0) / (double)said.Length);
        }
    }

    private sealed class NoJudge : IJudge
    {
        public string Name => "none";

        public ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<Judgment>(new NoScore(Name, "judges nothing"));
    }
}
