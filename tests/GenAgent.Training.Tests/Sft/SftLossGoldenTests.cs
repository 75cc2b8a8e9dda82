using System.Text.Json;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using GenAgent.Training.Tests.Golden;
using static TorchSharp.torch;

namespace GenAgent.Training.Tests.Sft;

public sealed class SftLossGoldenTests
{
    [Fact]
    public void The_loss_is_the_mean_over_the_tokens_of_the_whole_step_however_it_is_cut_into_micro_batches()
    {
        Recorded.Each(GoldenJson.All("sft_loss.json", "cases"), recorded =>
        {
            var micro = recorded.Need("micro_batches").EnumerateArray().ToList();
            var packs = micro.ConvertAll(Pack);
            var tokens = packs.Sum(pack => (long)pack.Learned);
            tokens.ShouldBe(recorded.Need("num_items_in_batch").GetInt64());
            var total = 0.0;
            for (var i = 0; i < micro.Count; i++)
            {
                using var scope = NewDisposeScope();
                var (logits, row) = Logits(micro[i].Need("logits"), packs[i]);
                var metrics = new MetricSums();
                var loss = LearnedTokens.Of(packs[i]).Loss(row, states => states, tokens, metrics);
                loss.item<double>().ShouldMatch(micro[i].Need("loss").Number(), $"micro-batch {i}");
                (loss.item<double>() * tokens).ShouldMatch(micro[i].Need("sum_nll").Number(), $"micro-batch {i}, sum");
                packs[i].Learned.ShouldBe(micro[i].Need("counted_tokens").GetInt32());
                metrics.TakeMeans()["token_accuracy"].ShouldMatch(micro[i].Need("token_accuracy").Number(), $"micro-batch {i}, accuracy");
                total += loss.item<double>();

                loss.backward();
                double[] gradient = [.. logits.grad!.data<double>()];
                double[] expected = [.. micro[i].Need("grad_logits").EnumerateArray().SelectMany(one => one.Rows()).SelectMany(one => one)];
                gradient.Length.ShouldBe(expected.Length);
                for (var at = 0; at < expected.Length; at++) gradient[at].ShouldBe(expected[at], 1e-14, $"micro-batch {i}, gradient {at}");
            }

            total.ShouldMatch(recorded.Need("total_loss").Number(), "total");
        });
    }

    private static Pack Pack(JsonElement batch)
    {
        var rows = new List<EncodedConversation>();
        for (var row = 0; row < batch.Need("input_ids").GetArrayLength(); row++)
        {
            int[] ids = [.. batch.Need("input_ids")[row].EnumerateArray().Select(id => id.GetInt32())];
            var real = batch.Need("attention_mask")[row].EnumerateArray().Count(one => one.GetInt32() == 1);
            var learned = new bool[real];
            foreach (var span in batch.Need("assistant_spans")[row].EnumerateArray())
                for (var i = span[0].GetInt32(); i < Math.Min(span[1].GetInt32(), real); i++) learned[i] = true;
            rows.Add(new EncodedConversation(new Qwen25VLSequence(ids[..real], []), learned));
        }

        return new Pack(rows, 0);
    }

    // The rows without their padding, one behind the other, as a pack has them.
    private static (Tensor Logits, Tensor Row) Logits(JsonElement values, Pack pack)
    {
        double[][][] rows = [.. values.EnumerateArray().Select(row => row.Rows())];
        var logits = tensor(rows.SelectMany(row => row).SelectMany(row => row).ToArray()).view(rows.Length, rows[0].Length, -1).requires_grad_(true);
        return (logits, cat([.. pack.Conversations.Select((one, row) => logits[row].narrow(0, 0, one.Length))]));
    }
}
