using GenAgent.Evaluation.Benchmarks;
using GenAgent.Generators;
using GenAgent.Models;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Systems;

/// <summary>An image generator without an agent: it is given the user's words, or what a rewriter makes of the task.</summary>
/// <param name="name">What stands in reports.</param>
/// <param name="generator">The generator; it stays its owner's.</param>
/// <param name="rewrite">Makes the prompt that is sent, for instance an oracle that knows the constraints, and gives null to decline; null for the user's
/// words.</param>
/// <param name="options">Steps, guidance, size; null for the generator's own. The seed is set for each image.</param>
public sealed class GeneratorSystem(
    string name, IImageGenerator generator, Func<BenchmarkTask, SeedPath, string?>? rewrite = null, ImageGenerationOptions? options = null)
    : IImageSystem
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public async Task<SystemOutcome> MakeAsync(BenchmarkTask task, int index, SeedPath seed, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(seed);
        var text = rewrite is null ? task.Prompt : rewrite(task, seed);
        if (text is null)
            return new(task.Prompt, Image: null, "the rewriter declined") { Declined = true };
        try
        {
            var response = await generator.GenerateAsync(new(text), (options?.Clone() ?? new()).WithSeed(seed.ImageSeed), cancellationToken);
            var image = response.Contents.OfType<DataContent>().FirstOrDefault();
            return new(text, image, image is null ? "the generator returned no image" : null);
        }
        catch (Exception e) when (e is PromptRefusedException or BackendRejectedException)
        {
            return new(text, Image: null, e.Message) { Declined = e is PromptRefusedException };
        }
    }
}
