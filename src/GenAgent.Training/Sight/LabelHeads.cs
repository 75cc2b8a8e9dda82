using GenAgent.Torch;
using GenAgent.Training.Runs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Training.Sight;

/// <summary>
/// A linear classifier for each kind of label and a linear regressor for each measurement, on the features of a vision tower; used only in training.
/// </summary>
internal sealed class LabelHeads : nn.Module
{
    // Threshold of the Huber loss: smaller errors count squared, larger ones linearly.
    private const double Near = 0.1;

    private readonly IReadOnlyList<LabelKind> _kinds;
    private readonly IReadOnlyList<string> _measures;
    private readonly Linear _answers;

    public LabelHeads(IReadOnlyList<LabelKind> kinds, IReadOnlyList<string> measures, int width, Device device)
        : base(nameof(LabelHeads))
    {
        (_kinds, _measures) = (kinds, measures);
        _answers = nn.Linear(width, kinds.Sum(kind => kind.Answers) + measures.Count, hasBias: true, device, ScalarType.Float32);
        register_module("answers", _answers);

        // Initialized with 0: random heads would first disrupt the features of a trained tower.
        using var frozen = no_grad();
        foreach (var parameter in _answers.parameters()) parameter.zero_();
    }

    /// <summary>The sum of the cross-entropy of all labels and the distance to all known measurements: a scalar.</summary>
    /// <param name="features"><c>[images x features, width]</c>.</param>
    /// <param name="labels"><c>[images x features, kinds]</c>.</param>
    /// <param name="measured"><c>[images x features, measures]</c>; NaN where nothing is known.</param>
    /// <param name="images">Number of images.</param>
    /// <param name="metrics">Receives the share of right answers by kind, the share of images with all answers right, and the errors of measurements.</param>
    public Tensor Loss(Tensor features, Tensor labels, Tensor measured, int images, MetricSums metrics)
    {
        var answers = _answers.forward(features);
        var (offset, losses, allRight) = (0, new List<Tensor>(), ones(images, dtype: ScalarType.Bool, device: features.device));
        for (var k = 0; k < _kinds.Count; k++)
        {
            var logits = answers.narrow(1, offset, _kinds[k].Answers);
            var wanted = labels.select(1, k);
            losses.Add(nn.functional.cross_entropy(logits, wanted, ignore_index: ILabelledImageSource.NotAsked, reduction: nn.Reduction.Sum));
            var asked = wanted.NotEqualTo(ILabelledImageSource.NotAsked);
            var right = logits.detach().argmax(1).eq(wanted);
            var count = asked.sum().item<long>();
            if (count > 0) metrics.Add($"right/{_kinds[k].Name}", right.sum().item<long>() / (double)count, count);
            allRight = allRight.logical_and(right.logical_or(asked.logical_not()).view(images, -1).all(1));
            offset += _kinds[k].Answers;
        }

        for (var m = 0; m < _measures.Count; m++)
        {
            var known = measured.select(1, m).isfinite();
            var count = known.sum().item<long>();
            if (count == 0) continue;
            var (gauged, wanted) = (answers.select(1, offset + m).masked_select(known), measured.select(1, m).masked_select(known));
            losses.Add(nn.functional.smooth_l1_loss(gauged, wanted, reduction: nn.Reduction.Sum, beta: Near));
            metrics.Add($"off/{_measures[m]}", (gauged.detach() - wanted).abs().mean().item<float>(), count);
        }

        metrics.Add("right/image", allRight.sum().item<long>() / (double)images, images);
        return losses.Aggregate((sum, loss) => sum.Plus(loss));
    }
}
