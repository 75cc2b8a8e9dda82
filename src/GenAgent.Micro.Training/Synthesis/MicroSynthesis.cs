using GenAgent.Micro.Language;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Teaching;
using GenAgent.Seeds;
using GenAgent.Training.Synthesis;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Training.Synthesis;

/// <summary>Training prompts of the miniature world: of the benchmark's kinds, some that it cannot draw, and requests in free wording.</summary>
/// <param name="outsideShare">Share of prompts that the miniature world cannot draw, in [0, 1].</param>
/// <param name="requestShare">Share of the others that are requests in free wording (docs/language.md), in [0, 1]; of them a tenth cannot be drawn.</param>
public sealed class MicroPrompts(double outsideShare, double requestShare = 0) : ISynthesisPrompts
{
    private readonly TrainingPrompts _prompts = new();

    /// <inheritdoc/>
    public string Name => requestShare > 0
        ? FormattableString.Invariant($"micro, {outsideShare} outside, {requestShare} requests of language {RequestSample.Language}")
        : FormattableString.Invariant($"micro, {outsideShare} outside");

    /// <inheritdoc/>
    public SynthesisPrompt Draw(long index, SeedPath seed)
    {
        if (Chance(seed.Child("outside"), outsideShare))
            return new($"outside/{seed.Value:x16}", "outside", OutsidePrompts.Draw(seed)) { Drawable = false };
        if (Chance(seed.Child("free"), requestShare))
            return Of(RequestSample.Trained(seed), seed);

        var prompt = _prompts.Draw(seed);
        return new(prompt.Id, prompt.Tag, prompt.Prompt) { Constraints = prompt.Constraints, Hint = KnownRequest.Of(prompt) };
    }

    private static SynthesisPrompt Of(RequestSample request, SeedPath seed) => new($"request/{seed.Value:x16}", request.Topic, request.Text)
    {
        Constraints = request.Known.Asked,
        Drawable = request.Known.Asked is not null,
        Hint = request.Known,
    };

    private static bool Chance(SeedPath seed, double share) => (seed.Value >> 11) * (1.0 / (1UL << 53)) < share;
}

/// <summary>The teacher of the miniature world: it knows constraints and facts, and reads images off their pixels.</summary>
public sealed class MicroTeacher : ITeacher
{
    /// <inheritdoc/>
    public string Name => "oracle/2";

    /// <inheritdoc/>
    public IChatClient Begin(SynthesisPrompt prompt) => new OracleTeacher(new()
    {
        NamesUnknownWords = false,
        Avoid = HeldOutCombinations.OfBenchmark.Contains,
        Known = _ => prompt.Hint as KnownRequest,
    });
}
