using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Training.Grpo.Rollouts;
using GenAgent.Training.Sft;

namespace GenAgent.Training.Grpo;

/// <summary>A rollout as the model takes it: the ids that were fed and sampled, the images that it saw, and what each sampled token was worth.</summary>
/// <param name="Sequence">Ids, image pads expanded, and the images.</param>
/// <param name="Learned">For each id, whether the model sampled it.</param>
/// <param name="FirstTurn">Tokens of the first turn, which is the system's.</param>
/// <param name="OldLogProbs">For each id, its log-probability when it was sampled.</param>
/// <param name="Advantage">The rollout's advantage.</param>
internal sealed record EncodedRollout(Qwen25VLSequence Sequence, bool[] Learned, int FirstTurn, float[] OldLogProbs, double Advantage)
    : EncodedConversation(Sequence, Learned, FirstTurn)
{
    /// <summary>
    /// Encodes a rollout by its token trace; null, with the reason, when trace and images do not belong together: such a rollout is left out.
    /// </summary>
    /// <param name="rollout">The rollout.</param>
    /// <param name="advantage">Its advantage.</param>
    /// <param name="processor">Prepares images as the sampler's client does.</param>
    /// <param name="imageId">The id of an image pad.</param>
    /// <param name="turnEnd">The id that ends a turn.</param>
    /// <param name="reason">Why there is none.</param>
    public static EncodedRollout? From(Rollout rollout, double advantage, ImageProcessor processor, int imageId, int turnEnd, out string? reason)
    {
        var trajectory = rollout.Trajectory;
        reason = null;
        if (trajectory.Trace is not { Ids.Count: > 0 } trace)
        {
            reason = $"{trajectory.Id} has no token trace: its chat client does not give one";
            return null;
        }

        // The image of the last turn was shown to nobody: it has no pads in the trace.
        var seen = trajectory.OriginalImages.Count
            + trajectory.Rounds.SkipLast(1).Sum(round => round.AllShown ? round.Images.Count : round.Shown is null ? 0 : 1);
        ImagePatches[] images = [.. rollout.Images.Take(seen).Select(image => processor.Process(image.Data))];
        var (pads, features) = (trace.Ids.Count(id => id == imageId), images.Sum(image => image.Grid.Features(processor.Options.MergeSize)));
        if (pads != features)
        {
            reason = $"{trajectory.Id} has {pads} image pads in its trace, but its {images.Length} images have {features} features";
            return null;
        }

        int[] ids = [.. trace.Ids];
        bool[] learned = [.. trace.Sampled];
        learned[0] = false;
        return new EncodedRollout(new Qwen25VLSequence(ids, images), learned, Array.IndexOf(ids, turnEnd) + 1, [.. trace.LogProbs], advantage);
    }

    /// <summary>For each learned token, in order: its turn from 0, and how many image features stand before it.</summary>
    public IEnumerable<(int Turn, int Pads)> Contexts(int imageId)
    {
        var (turn, pads) = (-1, 0);
        for (var i = 0; i < Length; i++)
        {
            if (Learned[i] && (i == 0 || !Learned[i - 1])) turn++;
            if (Learned[i]) yield return (turn, pads);
            if (Sequence.Ids[i] == imageId) pads++;
        }
    }
}
