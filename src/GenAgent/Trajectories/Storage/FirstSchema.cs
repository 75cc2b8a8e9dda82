using System.Globalization;

namespace GenAgent.Trajectories;

/// <summary>Reads what trajectories of schema 1 kept in labels and rewards into the typed members of today. A caller's own labels stay.</summary>
internal static class FirstSchema
{
    private const string LearnFrom = "learn_from";
    private const string ToolPrefix = "tool:";

    public static Trajectory Upgrade(Trajectory trajectory)
    {
        var labels = new Dictionary<string, string>(trajectory.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal);
        var task = Task(trajectory.Id, labels);
        var (model, generator) = (trajectory.Model, trajectory.Generator);
        model = model with { Uri = model.Uri ?? Take("agent") };
        generator = generator with { Uri = generator.Uri ?? Take("generator") };
        var tools = labels.Keys.Where(name => name.StartsWith(ToolPrefix, StringComparison.Ordinal))
            .ToDictionary(name => name[ToolPrefix.Length..], name => Take(name)!, StringComparer.Ordinal);
        var excluded = Take("rl.failure");
        var isRollout = Take("rl.task") is { } rollout ? rollout : null;
        var rewards = trajectory.Rewards;
        return trajectory with
        {
            Task = isRollout is null ? task : (task ?? new()) with { PromptId = isRollout },
            Model = model,
            Generator = generator,
            Tools = tools.Count > 0 ? tools : trajectory.Tools,
            Rounds = rewards is null ? trajectory.Rounds : Judged(trajectory.Rounds, rewards),
            Answer = trajectory.Answer is { } answer ? answer with { File = Take("prompt_file") } : null,
            Scores = isRollout is null && rewards is not null ? Scores(rewards) : null,
            Rewards = isRollout is null ? null : rewards,
            Excluded = excluded,
            Labels = labels.Count > 0 ? labels : null,
        };

        string? Take(string name) => labels.Remove(name, out var value) ? value : null;
    }

    private static TrajectoryTask? Task(string id, Dictionary<string, string> labels)
    {
        TrajectoryTask? task = null;
        if (labels.ContainsKey("prompt_key"))
        {
            task = new() { Key = Take("prompt_key"), Index = Number("prompt_index") };
        }
        else if (labels.ContainsKey("first_try"))
        {
            task = new()
            {
                Key = id, Index = Number("index"), PromptId = Take("prompt"), Category = Take("category"),
                FirstTry = Enum.TryParse<FirstTry>(Take("first_try"), out var first) ? first : default, MustDecline = Take("drawable") is "no",
            };
        }
        else if (labels.ContainsKey("prompt") && labels.ContainsKey("sample"))
        {
            var (prompt, sample) = (Take("prompt")!, (int?)Number("sample"));
            task = new()
            {
                Key = string.Create(CultureInfo.InvariantCulture, $"{prompt}#{sample}"),
                PromptId = prompt,
                Category = Take("tag"),
                Sample = sample
            };
        }

        return labels.ContainsKey(LearnFrom) ? (task ?? new()) with { LearnFrom = (int)Number(LearnFrom)! } : task;

        string? Take(string name) => labels.Remove(name, out var value) ? value : null;

        long? Number(string name)
        {
            if (Take(name) is not { } value)
            {
                return null;
            }

            return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new InvalidDataException($"Trajectory {id} has the label \"{name}\" of \"{value}\": it takes a number.");
        }
    }

    // The judge of each shown image, numbered from 1: image_1 is its value, image_1_passed its verdict.
    private static IReadOnlyList<Round> Judged(IReadOnlyList<Round> rounds, IReadOnlyDictionary<string, double> rewards)
    {
        var number = 0;
        return [.. rounds.Select(round =>
        {
            if (round.Shown is not { } shown)
            {
                return round;
            }

            number++;
            return rewards.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"image_{number}"), out var value)
                ? round with
                {
                    Judgments = [new(shown, "unknown")
                    {
                        Value = value,
                        Passed = rewards.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"image_{number}_passed"), out var passed)
                            ? passed > 0.5
                            : value > 0.5
                    }]
                }
                : round;
        })];
    }

    private static Dictionary<string, double>? Scores(IReadOnlyDictionary<string, double> rewards)
    {
        var scores = rewards.Where(reward => !reward.Key.StartsWith("image_", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
        return scores.Count > 0 ? scores : null;
    }
}
