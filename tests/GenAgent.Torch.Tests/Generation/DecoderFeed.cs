using GenAgent.Torch.Generation.Scheduling;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Text;
using GenAgent.Torch.Tests.Golden;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Generation;

/// <summary>Feeds one sequence to a decoder piece by piece, as the engine would, and keeps the logits of each piece's last token.</summary>
internal sealed class DecoderFeed
{
    private readonly Qwen25VLSequence _sequence;
    private readonly MRopePositions _positions;
    private readonly float[] _features;
    private readonly int _imagePad;
    private readonly int _hidden;
    private int _pads;

    public DecoderFeed(Qwen25VLModel model, Qwen25VLSequence sequence, int[] blocks)
    {
        (_sequence, Blocks) = (sequence, blocks);
        (_imagePad, _hidden) = (model.Config.ImageTokenId, model.Config.Text.HiddenSize);
        _positions = new MRopePositions(model.Config);
        _positions.Append([.. sequence.Ids], [.. sequence.Images.Select(image => image.Grid)]);
        if (sequence.Images.Count == 0)
        {
            _features = [];
            return;
        }

        using var noGrad = no_grad();
        using var features = model.ImageFeatures(sequence.Images);
        _features = Compare.Floats(features);
    }

    public int[] Blocks { get; }

    public int Past { get; private set; }

    public bool IsDone => Past == _sequence.Ids.Count;

    public int Add(StepBatch batch, int count)
    {
        count = Math.Min(count, _sequence.Ids.Count - Past);
        for (var i = Past; i < Past + count; i++)
        {
            var id = _sequence.Ids[i];
            var feature = id == _imagePad ? (ReadOnlyMemory<float>?)_features.AsMemory(_pads++ * _hidden, _hidden) : null;
            batch.AddToken(id, _positions[0, i], _positions[1, i], _positions[2, i], feature);
        }

        var row = batch.EndSpan(count, Past, Blocks, wantsLogits: true);
        Past += count;
        return row;
    }

    public static float[] Logits(ITextDecoder decoder, ReadOnlyMemory<float> logits, int row) =>
        logits.Slice(row * decoder.LogitStride, decoder.VocabularySize).ToArray();
}
