using System.Text.Json;
using GenAgent.Dialects;
using GenAgent.Judging;
using GenAgent.Micro.Benchmarks;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Protocol;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Language;

/// <summary>How <see cref="RequestTrial"/> asks.</summary>
public sealed record RequestTrialOptions
{
    /// <summary>Number of requests per topic, in held-out wordings.</summary>
    public int PerTopic { get; init; } = 25;

    /// <summary>
    /// Number of requests per topic in training wordings. Shows how many failures are not learned and how many do not generalize.
    /// </summary>
    public int TrainedPerTopic { get; init; }

    /// <summary>Whether to ask the shipped development requests too.</summary>
    public bool Development { get; init; } = true;

    /// <summary>Requests under way at once.</summary>
    public int Concurrency { get; init; } = 64;

    /// <summary>The most tokens of a turn.</summary>
    public int MaxTokens { get; init; } = 341;

    /// <summary>The root of the seeds.</summary>
    public ulong Seed { get; init; } = 5;
}

/// <summary>A first turn compared with its request. Immutable.</summary>
/// <param name="Set"><c>validation</c>, <c>training</c> or <c>dev</c>.</param>
/// <param name="Topic">What kind of request.</param>
/// <param name="Request">The words.</param>
/// <param name="Meaning">Their meaning in the agent's words; null if the request must be declined.</param>
/// <param name="Turn">What the model said.</param>
/// <param name="Read">Whether it stated exactly this meaning, or correctly declined.</param>
/// <param name="Planned">Whether its plan shows what is asked for, or it correctly declined.</param>
/// <param name="Declined">Whether it declined.</param>
public sealed record RequestTrialAnswer(string Set, string Topic, string Request, string? Meaning, string Turn, bool Read, bool Planned, bool Declined);

/// <summary>
/// Asks a model only for first turns. Shows whether it understands requests, in a fraction of the time of whole runs with images.
/// </summary>
public static class RequestTrial
{
    private static readonly ChatMessage System = new(ChatRole.System, SystemTurn.Render(MicroInstructions.Text, [Dialect.Default.Generate.Declaration]));

    /// <summary>Asks, greedily; the answers come in the order of the requests.</summary>
    /// <param name="chat">The model, owned by the caller.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>An answer for each request.</returns>
    public static async Task<IReadOnlyList<RequestTrialAnswer>> RunAsync(
        IChatClient chat, RequestTrialOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chat);
        ArgumentNullException.ThrowIfNull(options);
        var requests = Drawn("validation", RequestLanguage.Validation, options.PerTopic, options.Seed)
            .Concat(Drawn("training", RequestLanguage.Training, options.TrainedPerTopic, options.Seed))
            .Concat(options.Development ? Development() : []).ToArray();
        var answers = new RequestTrialAnswer[requests.Length];
        await Parallel.ForAsync(0, requests.Length, new ParallelOptions { MaxDegreeOfParallelism = options.Concurrency, CancellationToken = cancellationToken },
            async (i, cancelled) =>
        {
            var response = await chat.GetResponseAsync(
                [System, new ChatMessage(ChatRole.User, requests[i].Text)], new ChatOptions { Temperature = 0, MaxOutputTokens = options.MaxTokens },
                cancelled);
            answers[i] = Judge(requests[i], response.Text);
        });
        return answers;
    }

    /// <summary>Shares by set and topic, and over each set's drawable topics.</summary>
    /// <param name="answers">What was answered.</param>
    /// <returns>Shares in [0, 1] by name.</returns>
    public static IReadOnlyDictionary<string, double> Figures(IReadOnlyList<RequestTrialAnswer> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var set in answers.GroupBy(a => a.Set, StringComparer.Ordinal))
        {
            foreach (var topic in set.GroupBy(a => a.Topic, StringComparer.Ordinal))
                figures[$"requests/{set.Key}/{topic.Key}"] = topic.Average(a => a.Planned ? 1.0 : 0);
            var drawable = set.Where(a => a.Meaning is not null).ToList();
            if (drawable.Count == 0)
                continue;
            figures[$"requests/{set.Key}"] = drawable.Average(a => a.Planned ? 1.0 : 0);
            figures[$"requests/{set.Key}_read"] = drawable.Average(a => a.Read ? 1.0 : 0);
            figures[$"requests/{set.Key}_wrongly_declined"] = drawable.Average(a => a.Declined ? 1.0 : 0);
        }

        return figures;
    }

    private static IEnumerable<Asked> Drawn(string set, RequestLanguage language, int perTopic, ulong seed)
    {
        foreach (var topic in language.Topics)
        {
            var sampler = new RequestSampler(language, new Dictionary<string, double>(StringComparer.Ordinal) { [topic] = 1 });
            for (var i = 0; i < perTopic; i++)
            {
                var request = sampler.Draw(SeedPath.FromRoot(seed).Child(topic, i));
                yield return new(set, topic, request.Text, request.Asked);
            }
        }
    }

    private static IEnumerable<Asked> Development() =>
        FreeformBenchmark.Load().Tasks.Select(task => new Asked("dev", task.Category, task.Prompt, task.Constraints));

    private static RequestTrialAnswer Judge(Asked asked, string turn)
    {
        var parsed = TurnParser.Parse(turn, afterImage: false).Turn;
        var declined = parsed is not null && parsed.Call is null;
        if (asked.Meaning is not { } meaning)
            return new(asked.Set, asked.Topic, asked.Text, null, turn, declined, declined, declined);
        var words = CanonicalWords.Of(meaning);
        var expected = Parts(words);
        var read = turn.Split(". ").Any(sentence => Parts(sentence.Replace("<think>", "", StringComparison.Ordinal)).SetEquals(expected));
        return new(asked.Set, asked.Topic, asked.Text, words, turn, read, parsed?.Call is { } call && Shows(call.Arguments, meaning), declined);
    }

    private static HashSet<string> Parts(string groups) => [.. groups.Split(", ")];

    private static bool Shows(string arguments, PromptConstraints meaning)
    {
        try
        {
            using var json = JsonDocument.Parse(arguments);
            return json.RootElement.TryGetProperty("prompt", out var prompt) && prompt.ValueKind == JsonValueKind.String
                && MistakenPainter.Read(prompt.GetString()!) is { } scene
                && ConstraintVerifier.Verify(SceneReading.Of(scene), meaning).Passed;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private sealed record Asked(string Set, string Topic, string Text, PromptConstraints? Meaning);
}
