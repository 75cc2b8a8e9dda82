using System.Text.Json;
using GenAgent.TestKit.Golden;
using GenAgent.Torch;
using GenAgent.Training.Grpo;
using GenAgent.Training.Tests.Golden;
using static TorchSharp.torch;

namespace GenAgent.Training.Tests.Grpo;

/// <summary>Losses, gradients and importance weights as TRL computes them from the same log-probabilities.</summary>
public sealed class PolicyLossGoldenTests
{
    [Fact]
    public void Losses_and_their_gradients_are_those_of_the_reference()
    {
        var all = GoldenRoot.Cases("rl", "policy_loss.json").Select(Recorded.Json)
            .SelectMany(file => file.FindAll("cases").Where(IsOurs).Select(recorded => (File: file, Case: recorded))).ToList();
        (all.Count > 50 || !GoldenRoot.IsDefault).ShouldBeTrue("The repository's own recordings are missing.");
        Recorded.Each(all, one =>
        {
            using var scope = NewDisposeScope();
            Compare(new RecordedBatch(one.File.Need("batches").Need(one.Case.Need("batch").GetString()!)), one.Case);
        });
    }

    [Fact]
    public void Importance_weights_are_those_of_the_reference()
    {
        Recorded.Each(GoldenJson.All("sampler_importance.json", "cases"), recorded =>
        {
            using var scope = NewDisposeScope();
            var mask = recorded.Need("completion_mask").Rows();
            if (!recorded.IsNull("tool_mask"))
                mask = [.. mask.Zip(recorded.Need("tool_mask").Rows(), (row, tools) => row.Zip(tools, (one, tool) => one * tool).ToArray())];
            var trainer = recorded.Need("trainer_logps").Rows();
            var sampler = recorded.Need("sampler_logps").Rows();
            var tokens = RecordedBatch.Tokens(mask, trainer, sampler, new double[mask.Length]);
            var mode = Enum.Parse<ImportanceMode>(recorded.Need("mode").GetString()!.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);

            double[] weights =
                [.. ImportanceCorrection.Weights(
                tokens, mode, recorded.IsNull("clip_min") ? 0 : recorded.Need("clip_min").GetDouble(), recorded.Need("clip_max").GetDouble())
                .data<double>()];

            var ratio = recorded.Need("ratio").Rows();
            double[] expected =
                [.. RecordedBatch.Places(mask).Select(place => ratio[place.Row].Length == 1 ? ratio[place.Row][0] : ratio[place.Row][place.Column])];
            for (var i = 0; i < expected.Length; i++) weights[i].ShouldBe(expected[i], 1e-12, $"{mode}, token {i}");
        });
    }

    // A reference option that is no part of this trainer: the KL term times the ratio, and a loss on the tokens of highest entropy alone.
    private static bool IsOurs(JsonElement recorded) => recorded.Find("kl_bias_correction").ValueKind != JsonValueKind.True
        && (recorded.IsNull("top_entropy_quantile") || recorded.Need("top_entropy_quantile").GetDouble() == 1);

    private static void Compare(RecordedBatch batch, JsonElement recorded)
    {
        var (low, high) = (recorded.Need("epsilon_low").GetDouble(), recorded.Need("epsilon_high").GetDouble());
        var dual = recorded.IsNull("delta") ? 0 : recorded.Need("delta").GetDouble();
        var type = recorded.Need("loss_type").GetString()!;
        ITokenLoss loss = type == "cispo" ? new CispoLoss(high - 1)
            : recorded.Need("importance_sampling_level").GetString() == "sequence"
                ? new SequenceRatioLoss(low, high, dual) : new ClippedRatioLoss(low, high, dual);
        var perToken = loss.PerToken(batch.Batch);
        if (!recorded.IsNull("sampler_importance_ratio")) perToken *= batch.AtTokens(recorded.Need("sampler_importance_ratio").Rows());
        if (recorded.Need("beta").GetDouble() is > 0 and var beta)
            perToken = perToken.Plus(ReverseKl.PerToken(batch.Batch.LogProbs, batch.Reference), beta);

        var weights = TokenWeights.Of(
            type switch { "grpo" => LossMean.Rollout, "dr_grpo" => LossMean.Constant, _ => LossMean.Token }, batch.Lengths, batch.Lengths.Count,
            batch.Lengths.Sum(), recorded.Need("max_completion_length").GetInt32());
        var total = (perToken * tensor(weights)).sum();
        if (recorded.Need("entropy_coef").GetDouble() is > 0 and var coefficient) total = total.Plus(-coefficient * batch.MeanEntropy);

        var accumulated = type is "dapo" or "cispo"
            ? Scale(recorded, batch.Lengths.Sum()) : 1.0 / recorded.Need("gradient_accumulation_steps").GetInt32();
        (total.item<double>() * accumulated).ShouldBe(recorded.Need("loss").GetDouble(), 1e-10, $"{recorded}");
        total.backward();
        double[] gradient = [.. batch.LogProbs.grad!.data<double>()];
        double[] expected = [.. recorded.Need("grad_new_logps").Rows().SelectMany(row => row)];
        for (var i = 0; i < expected.Length; i++) (gradient[i] * accumulated).ShouldBe(expected[i], 1e-10, $"gradient {i} of {recorded}");
    }

    // The reference divides by the tokens of the whole generation batch.
    private static double Scale(JsonElement recorded, int tokens) => tokens / (double)recorded.Need("num_items_in_batch").GetInt32();

    private sealed class RecordedBatch
    {
        private readonly double[][] _mask;

        public RecordedBatch(JsonElement batch)
        {
            _mask = batch.Need("mask").Rows();
            var rows = batch.Need("new_logps").Rows();
            LogProbs = tensor(rows.SelectMany(row => row).ToArray(), [rows.Length, rows[0].Length], requires_grad: true);
            long[] places = [.. Places(_mask).Select(place => (long)(place.Row * rows[0].Length) + place.Column)];
            var fixedParts = Tokens(_mask, rows, batch.Need("old_logps").Rows(), batch.Need("advantages").Numbers());
            Batch = fixedParts with { LogProbs = LogProbs.view(-1).index_select(0, tensor(places)) };
            Reference = AtTokens(batch.Need("ref_logps").Rows());
            MeanEntropy = AtTokens(batch.Need("entropies").Rows()).mean().item<double>();
        }

        public Tensor LogProbs { get; }

        public TokenBatch Batch { get; }

        public Tensor Reference { get; }

        public double MeanEntropy { get; }

        public IReadOnlyList<int> Lengths => [.. _mask.Select(row => (int)row.Sum())];

        public static TokenBatch Tokens(double[][] mask, double[][] logProbs, double[][] old, double[] advantages)
        {
            var places = Places(mask).ToList();
            return new TokenBatch(
                tensor(places.Select(place => logProbs[place.Row][place.Column]).ToArray()),
                    tensor(places.Select(place => old[place.Row][place.Column]).ToArray()),
                tensor(places.Select(place => advantages[place.Row]).ToArray()), tensor(places.Select(place => (long)place.Row).ToArray()), mask.Length);
        }

        public static IEnumerable<(int Row, int Column)> Places(double[][] mask) =>
            mask.SelectMany((row, index) => row.Select((one, column) => (One: one, Row: index, Column: column))).Where(place => place.One == 1)
                .Select(place => (place.Row, place.Column));

        public Tensor AtTokens(double[][] rows) =>
            tensor(Places(_mask).Select(place => rows[place.Row].Length == 1 ? rows[place.Row][0] : rows[place.Row][place.Column]).ToArray());
    }
}
