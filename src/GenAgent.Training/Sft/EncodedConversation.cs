using GenAgent.Torch.Qwen25VL;

namespace GenAgent.Training.Sft;

/// <summary>A conversation as the model takes it, and which tokens are learned.</summary>
/// <param name="Sequence">Ids, image pads expanded, and the images.</param>
/// <param name="Learned">For each id, whether it is learned; the first one, which nothing predicts, never is.</param>
/// <param name="FirstTurn">Tokens of the first turn, which is the system's.</param>
internal record EncodedConversation(Qwen25VLSequence Sequence, bool[] Learned, int FirstTurn = 0)
{
    /// <summary>Number of tokens.</summary>
    public int Length => Learned.Length;

    /// <summary>Number of tokens that are learned.</summary>
    public int LearnedCount { get; } = Learned.Skip(1).Count(learned => learned);

    /// <summary>How many tokens at the beginning may be shared: no image and nothing learned among them or right behind them.</summary>
    public int Shareable(int imageId)
    {
        var first = Array.IndexOf(Learned, true);
        var end = Math.Max((first < 0 ? Length : first) - 1, 0);
        for (var i = 0; i < end; i++)
        {
            if (Sequence.Ids[i] == imageId) return i;
        }

        return end;
    }
}
