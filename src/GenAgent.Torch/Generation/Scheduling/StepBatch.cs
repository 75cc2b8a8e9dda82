using System.Runtime.InteropServices;

namespace GenAgent.Torch.Generation.Scheduling;

/// <summary>
/// What one step computes: the new tokens of some sequences, one after the other. A generating sequence has one token in it, one whose prompt is being read
/// has a piece of the prompt. Rebuilt for each step in the same memory.
/// </summary>
internal sealed class StepBatch
{
    private readonly List<StepSpan> _spans = [];

    /// <summary>Number of tokens.</summary>
    public int Tokens { get; private set; }

    /// <summary>Number of tokens whose logits are computed.</summary>
    public int LogitRows { get; private set; }

    /// <summary>Token ids.</summary>
    public int[] Ids { get; private set; } = new int[64];

    /// <summary>Time, height and width of each token: token t's are at 3 t.</summary>
    public int[] Positions { get; private set; } = new int[3 * 64];

    /// <summary>For an image pad the feature that stands there; null for text.</summary>
    public ReadOnlyMemory<float>?[] Features { get; private set; } = new ReadOnlyMemory<float>?[64];

    /// <summary>The sequences' pieces, in order.</summary>
    public IReadOnlyList<StepSpan> Spans => _spans;

    public void Clear()
    {
        Array.Clear(Features, 0, Tokens);
        (Tokens, LogitRows) = (0, 0);
        _spans.Clear();
    }

    /// <summary>Adds one token to the piece that is being built.</summary>
    public void AddToken(int id, int time, int height, int width, ReadOnlyMemory<float>? feature)
    {
        if (Tokens == Ids.Length)
        {
            var (ids, positions, features) = (Ids, Positions, Features);
            Array.Resize(ref ids, 2 * Tokens);
            Array.Resize(ref positions, 6 * Tokens);
            Array.Resize(ref features, 2 * Tokens);
            (Ids, Positions, Features) = (ids, positions, features);
        }

        Ids[Tokens] = id;
        Features[Tokens] = feature;
        (Positions[3 * Tokens], Positions[(3 * Tokens) + 1], Positions[(3 * Tokens) + 2]) = (time, height, width);
        Tokens++;
    }

    /// <summary>Ends a sequence's piece: the last <paramref name="count"/> tokens added.</summary>
    /// <param name="count">How many tokens it has.</param>
    /// <param name="past">How many tokens of the sequence are in the cache already.</param>
    /// <param name="blocks">The sequence's cache blocks, enough for past and new tokens.</param>
    /// <param name="wantsLogits">Whether the logits of the last token are wanted.</param>
    /// <returns>The row of those logits, or -1.</returns>
    public int EndSpan(int count, int past, int[] blocks, bool wantsLogits)
    {
        var row = wantsLogits ? LogitRows++ : -1;
        _spans.Add(new StepSpan(Tokens - count, count, past, blocks, row));
        return row;
    }
}

/// <summary>One sequence's new tokens within a step.</summary>
/// <param name="Start">Index of its first token in the step.</param>
/// <param name="Count">Number of tokens.</param>
/// <param name="Past">Number of the sequence's tokens before them.</param>
/// <param name="Blocks">The sequence's cache blocks.</param>
/// <param name="LogitRow">Where the last token's logits go, or -1.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StepSpan(int Start, int Count, int Past, int[] Blocks, int LogitRow);
