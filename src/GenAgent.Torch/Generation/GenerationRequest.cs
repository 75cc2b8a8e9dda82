using GenAgent.Torch.Imaging;

namespace GenAgent.Torch.Generation;

/// <summary>What to continue, and how.</summary>
/// <param name="Ids">The tokens so far, image pads expanded to one a feature; at least one.</param>
/// <param name="Images">The images whose pads stand in <paramref name="Ids"/>, in order. Images of equal content are encoded once.</param>
/// <param name="Sampling">How tokens are chosen.</param>
public sealed record GenerationRequest(IReadOnlyList<int> Ids, IReadOnlyList<ImagePatches> Images, SamplingOptions Sampling);
