using GenAgent.Micro.Prompts;
using GenAgent.Micro.Teaching;
using GenAgent.Seeds;

namespace GenAgent.Micro.Language;

/// <summary>A sample of the request language, for checking its files. Immutable.</summary>
/// <param name="Topic">What kind of request.</param>
/// <param name="Text">What a person types.</param>
/// <param name="Meaning">Its meaning in the agent's words; <c>decline</c> and the reason if it cannot be drawn.</param>
/// <param name="Facts">The facts that it uses, each with its answer.</param>
/// <param name="Source">Where its frame stands: file and line.</param>
public sealed record RequestSample(string Topic, string Text, string Meaning, IReadOnlyList<string> Facts, string Source)
{
    private static readonly Lazy<RequestSampler> Sampler = new(() => new(RequestLanguage.Training));

    /// <summary>A digest of the files that requests are drawn from.</summary>
    public static string Language => RequestLanguage.Digest;

    /// <summary>What a teacher knows of it.</summary>
    public required KnownRequest Known { get; init; }

    /// <summary>Draws requests; the same seed gives the same ones.</summary>
    /// <param name="seed">The root of the seeds.</param>
    /// <param name="count">How many.</param>
    /// <param name="topic">The topic to draw from; null for all, in the proportions of training.</param>
    /// <param name="validation">Whether to draw from the held-out frames.</param>
    /// <returns>As many requests as were asked for.</returns>
    /// <exception cref="ArgumentException">There is no such topic.</exception>
    public static IEnumerable<RequestSample> Draw(ulong seed, int count, string? topic = null, bool validation = false)
    {
        var language = validation ? RequestLanguage.Validation : RequestLanguage.Training;
        if (topic is not null && !language.Topics.Contains(topic, StringComparer.Ordinal))
            throw new ArgumentException($"There is no topic \"{topic}\"; there are {string.Join(", ", language.Topics)}.", nameof(topic));
        var sampler = new RequestSampler(language, topic is null ? null : new Dictionary<string, double>(StringComparer.Ordinal) { [topic] = 1 });
        var root = SeedPath.FromRoot(seed);
        return Enumerable.Range(0, count).Select(i => Of(sampler.Draw(root.Child("request", i))));
    }

    /// <summary>A training request, with nothing that the miniature benchmark asks for.</summary>
    /// <param name="seed">Where its randomness comes from; the same seed gives the same request.</param>
    /// <returns>The request, with its meaning.</returns>
    public static RequestSample Trained(SeedPath seed)
    {
        ArgumentNullException.ThrowIfNull(seed);
        for (var attempt = 0; ; attempt++)
        {
            var request = Sampler.Value.Draw(seed.Child("request", attempt));
            if (request.Asked is not { } asked
                || !HeldOutCombinations.OfBenchmark.Contains(new MicroPrompt(request.Source, request.Topic, request.Text, asked.Include)))
                return Of(request);
        }
    }

    private static RequestSample Of(LanguageRequest request) => new(
        request.Topic, request.Text, request.Asked is { } asked ? CanonicalWords.Of(asked) : $"decline {request.Decline!.Value.ToString().ToLowerInvariant()}",
        request.Said, request.Source) { Known = KnownRequest.Of(request) };
}
