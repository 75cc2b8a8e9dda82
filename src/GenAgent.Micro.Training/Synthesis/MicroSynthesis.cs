using GenAgent.Micro.Prompts;
using GenAgent.Micro.Teaching;
using GenAgent.Seeds;
using GenAgent.Training.Synthesis;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Training.Synthesis;

/// <summary>Training prompts of the miniature world, and among them some that it cannot draw.</summary>
/// <param name="outsideShare">Share of those that it cannot draw, in [0, 1].</param>
public sealed class MicroPrompts(double outsideShare) : ISynthesisPrompts
{
    private readonly TrainingPrompts _prompts = new();

    /// <inheritdoc/>
    public string Name => FormattableString.Invariant($"micro, {outsideShare} outside");

    /// <inheritdoc/>
    public SynthesisPrompt Draw(long index, SeedPath seed)
    {
        if ((seed.Child("outside").Value >> 11) * (1.0 / (1UL << 53)) < outsideShare)
        {
            return new($"outside/{seed.Value:x16}", "outside", OutsidePrompts.Draw(seed)) { Drawable = false };
        }

        var prompt = _prompts.Draw(seed);
        return new(prompt.Id, prompt.Tag, prompt.Prompt) { Constraints = prompt.Constraints, Facts = prompt.Facts ?? [] };
    }
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
        Known = _ => prompt.Constraints is { } asked
            ? new MicroPrompt(prompt.Id, prompt.Category, prompt.Text, asked.Include, asked.Exclude, prompt.Facts.Count > 0 ? prompt.Facts : null)
            : null,
    });
}
