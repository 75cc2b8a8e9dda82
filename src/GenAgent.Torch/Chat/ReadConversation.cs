using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Torch.Chat;

/// <summary>A conversation in ids.</summary>
/// <param name="Ids">All ids that are fed, image pads expanded.</param>
/// <param name="Images">The images whose pads stand there, in order.</param>
/// <param name="Before">The trace that the ids begin with, or null.</param>
public sealed record ReadConversation(IReadOnlyList<int> Ids, IReadOnlyList<ImagePatches> Images, TokenTrace? Before)
{
    /// <summary>The images as they were given, in the order of <see cref="Images"/>.</summary>
    public IReadOnlyList<DataContent> Sources { get; init; } = [];

    /// <summary>The trace of the conversation after the model has continued it.</summary>
    /// <param name="tokens">The sampled tokens.</param>
    /// <param name="policyVersion">The version of the weights that sampled them; null if unknown.</param>
    /// <param name="sampling">How they were sampled.</param>
    /// <returns>The trace, which begins with <see cref="Before"/>.</returns>
    public TokenTrace Extend(IReadOnlyList<GeneratedToken> tokens, string? policyVersion, SamplingOptions sampling)
    {
        var fed = Ids.Count - (Before?.Ids.Count ?? 0);
        return new TokenTrace(
            [.. Ids, .. tokens.Select(token => token.Id)],
            [.. Before?.LogProbs ?? [], .. Enumerable.Repeat(0f, fed), .. tokens.Select(token => token.LogProb)],
            [.. Before?.Sampled ?? [], .. Enumerable.Repeat(false, fed), .. Enumerable.Repeat(true, tokens.Count)])
        {
            Turns =
            [
                .. Before?.Turns ?? [],
                .. tokens.Count > 0 ? (TraceTurn[])[new(Ids.Count, tokens.Count) { PolicyVersion = policyVersion, Sampling = Told(sampling) }] : []
            ],
        };
    }

    private static TraceSampling Told(SamplingOptions sampling) => new()
    {
        Temperature = sampling.Temperature,
        TopP = sampling.TopP,
        TopK = sampling.TopK,
        MinP = sampling.MinP,
        RepetitionPenalty = sampling.RepetitionPenalty,
        Seed = sampling.Seed is { } seed ? unchecked((long)seed) : null,
    };
}
