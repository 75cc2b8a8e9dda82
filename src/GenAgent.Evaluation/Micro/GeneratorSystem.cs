using GenAgent.Generators;
using GenAgent.Micro.Prompts;
using GenAgent.Models;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Micro;

/// <summary>An image generator without an agent: it is given the user's words, or with the oracle a dense caption that meets their constraints.</summary>
/// <param name="name">What stands in reports.</param>
/// <param name="generator">The generator; it stays its owner's.</param>
/// <param name="oracle">Whether prompts are rewritten from their constraints first.</param>
/// <param name="options">Steps, guidance, size; null for the generator's own. The seed is set for each image.</param>
public sealed class GeneratorSystem(string name, IImageGenerator generator, bool oracle = false, ImageGenerationOptions? options = null) : IMicroSystem
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public async Task<MicroOutcome> MakeAsync(MicroPrompt prompt, SeedPath seed, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(seed);
        var text = oracle ? OracleRewriter.Rewrite(prompt.Constraints, seed.Child("oracle")) : prompt.Prompt;
        try
        {
            var response = await generator.GenerateAsync(new(text), (options?.Clone() ?? new()).WithSeed(seed.ImageSeed), cancellationToken);
            var image = response.Contents.OfType<DataContent>().FirstOrDefault();
            return new(text, image, image is null ? "the generator returned no image" : null);
        }
        catch (Exception e) when (e is PromptRefusedException or BackendRejectedException)
        {
            return new(text, Image: null, e.Message);
        }
    }
}
